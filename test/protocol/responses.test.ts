import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeResponse } from "../../src/protocol/responses.js";
import { documents } from "../codec/json-documents.js";
import { wire } from "../conformance/vectors.js";

const SESSION = "backtest_01980f5a7c2b7e3d8a4b5c6d7e8f9012";
const CONTROL = "parallel_01980f5a7c2b7e3d8a4b5c6d7e8f9014";

describe("decodeResponse", () => {
  test("decodeResponse fills in the defaults of the Rust types, and returns 64-bit integers as bigint", () => {
    const { response } = decodeResponse(
      '{"method":"completed","params":{"summary":{"correctSimulation":18446744073709551615,"incorrectSimulation":0,"executionErrors":0,"balanceDiff":0,"logDiff":0,"rerouteStats":{"directFillBpsTotal":-9223372036854775808}}}}',
    );
    expect(response).toMatchObject({
      method: "completed",
      params: {
        summary: {
          correctSimulation: 2 ** 64,
          unsanitizable: 0,
          rerouteStats: { swapsDetected: 0n, directFillOutcomes: {}, directFillBpsTotal: -(2n ** 63n) },
        },
      },
    });
  });

  for (const [text, why] of [
    ['{"method":"readyForContinue","params":{}}', "readyForContinue has no params"],
    ['{"method":"completed"}', "completed: params: "],
    ['{"method":"completed","params":null}', "completed: params: "],
    ['{"method":"slotNotification","params":5.0}', "slotNotification: params: expected a u64"],
    ['{"method":"slotNotification","params":-0}', "slotNotification: params: expected a u64"],
    ['{"method":"slotNotification","params":18446744073709551616}', "slotNotification: params: expected a u64"],
    ['{"method":"paused","params":{"slot":5,"batchIndex":4294967296}}', "paused: batchIndex: expected a u32"],
    [
      '{"method":"discoveryBatch","params":{"slot":5,"batchIndex":2,"matched":[{"kind":"new","value":1}],"transactions":[]}}',
      "discoveryBatch: matched.0.kind: expected one of programExecuted, oracleUpdate",
    ],
    [
      '{"method":"discoveryBatch","params":{"slot":5,"batchIndex":2,"matched":null,"transactions":[]}}',
      "discoveryBatch: matched: ",
    ],
    [`{"method":"sessionCreated","params":{"session_id":"${CONTROL}","rpc_endpoint":"/"}}`, "sessionCreated: session_id: "],
    [`{"method":"sessionsCreatedV2","params":{"control_session_id":"${SESSION}","session_ids":[]}}`, "control_session_id: "],
    ['{"method":"toString"}', "unknown method toString"],
    ['{"method":"__proto__"}', "unknown method __proto__"],
    ['{"method":"sessionAttached","params":null}', "sessionAttached: params: expected an object"],
    ['{"params":{}}', "no method"],
    ['"slotNotification"', "no method"],
    ["[]", "no method"],
    ["null", "no method"],
    ["", "not valid JSON: "],
    ['{"method":"slotNotification","params":1234567890123456789', "not valid JSON: "],
    ["{12345678901234567890:1}", "not valid JSON: "],
  ] as const) {
    test(`decodeResponse reports ${text || "an empty frame"} as unrecognized, with the reason`, () => {
      const { response, sequence } = decodeResponse(text);
      expect(response).toEqual({ method: "unrecognized", raw: text, reason: expect.stringContaining(why) });
      expect(sequence).toBeUndefined();
    });
  }

  test("decodeResponse truncates the name of an unknown method", () => {
    const { response } = decodeResponse(`{"method":"${"x".repeat(100_000)}"}`);
    expect(response.method === "unrecognized" && response.reason.length).toBeLessThan(200);
  });

  test("decodeResponse reads null as an absent optional member", () => {
    expect(decodeResponse('{"method":"completed","params":{"summary":null}}').response).toEqual({
      method: "completed",
      params: {},
    });
    expect(decodeResponse('{"method":"paused","params":{"slot":5,"batchIndex":null}}').response).toEqual({
      method: "paused",
      params: { slot: 5n },
    });
    expect(decodeResponse('{"method":"success","params":null}').response).toEqual({ method: "success" });
  });
});

describe("a sequence id", () => {
  test("decodeResponse returns the sequence id of an unrecognized response", () => {
    expect(decodeResponse('{"seqId":18446744073709551615,"method":"brandNew"}')).toMatchObject({
      sequence: 18446744073709551615n,
      response: { method: "unrecognized" },
    });
  });

  for (const seqId of ["-1", "1.0", "1e0", "18446744073709551616", '"7"', "null", "[7]", "true"]) {
    test(`decodeResponse ignores the invalid sequence id ${seqId}`, () => {
      const { sequence, response } = decodeResponse(`{"seqId":${seqId},"method":"slotNotification","params":1}`);
      expect(sequence).toBeUndefined();
      expect(response).toEqual({ method: "slotNotification", params: 1n });
    });
  }
});

describe("a sub-session's event", () => {
  const event = (seqId: string, inner: string, id = SESSION) =>
    `{"method":"sessionEventV2","params":{"session_id":"${id}","seq_id":${seqId},"event":${inner}}}`;

  test("decodeResponse returns the sequence and the session id of a sub-session's event", () => {
    expect(decodeResponse(event("18446744073709551615", '{"method":"slotNotification","params":9007199254740993}'))).toEqual({
      sequence: 18446744073709551615n,
      sessionId: SESSION,
      response: {
        method: "sessionEventV2",
        params: {
          session_id: SESSION,
          seq_id: 18446744073709551615n,
          event: { method: "slotNotification", params: 9007199254740993n },
        },
      },
    });
  });

  test("decodeResponse returns the session id of a sub-session's event in canonical form", () => {
    expect(decodeResponse(event("1", '{"method":"success"}', "01980F5A-7C2B-7E3D-8A4B-5C6D7E8F9012")).sessionId).toBe(SESSION);
  });

  for (const [inner, why] of [
    ['{"method":"brandNew","params":1}', "unknown method brandNew"],
    ['{"method":"status","params":{"status":"brandNew"}}', "status: status: expected one of startingRuntime, "],
    ['{"method":"error","params":"brandNew"}', "error: params: expected one of noMoreBlocks, "],
    ['{"method":"error","params":{"internal":{}}}', "error: internal.error: "],
    ['{"method":"slotNotification","params":"5"}', "slotNotification: params: expected a u64"],
    ['{"method":"success","params":{}}', "success has no params"],
    [`{"method":"sessionCreated","params":{"session_id":"${SESSION}","rpc_endpoint":"/"}}`, "unknown method sessionCreated"],
    [event("1", '{"method":"success"}'), "unknown method sessionEventV2"],
    ['{"method":"toString"}', "unknown method toString"],
    ["null", "no method"],
    ["5", "no method"],
    ["[]", "no method"],
  ] as const) {
    test(`decodeResponse reports the event ${inner.slice(0, 60)} of a sub-session as unrecognized, and keeps its sequence id`, () => {
      const text = event("7", inner);
      expect(decodeResponse(text)).toEqual({
        sequence: 7n,
        sessionId: SESSION,
        response: { method: "unrecognized", raw: text, reason: expect.stringContaining(why) },
      });
    });
  }

  test("if a sub-session's frame has no event, decodeResponse returns the sequence id and the method `unrecognized`", () => {
    const text = `{"method":"sessionEventV2","params":{"session_id":"${SESSION}","seq_id":7}}`;
    expect(decodeResponse(text)).toMatchObject({ sequence: 7n, sessionId: SESSION, response: { method: "unrecognized" } });
  });

  test("the sequence id of a sub-session's event is its `seq_id`, not the `seqId` of the frame", () => {
    const sequenced = (seqId: string) => decodeResponse(`{"seqId":99,${event(seqId, '{"method":"success"}').slice(1)}`);
    expect(sequenced("7").sequence).toBe(7n);
    expect(sequenced("null")).not.toHaveProperty("sequence");
  });

  test("if the `seq_id` or `session_id` of a sub-session's event is invalid, decodeResponse returns a response without this id", () => {
    const reason = expect.stringContaining("session_id or seq_id");
    expect(decodeResponse(event('"7"', '{"method":"success"}'))).toEqual({
      sessionId: SESSION,
      response: { method: "unrecognized", raw: expect.any(String), reason },
    });
    expect(decodeResponse(event("7", '{"method":"success"}', "nonsense"))).toEqual({
      sequence: 7n,
      response: { method: "unrecognized", raw: expect.any(String), reason },
    });
    expect(decodeResponse('{"method":"sessionEventV2","params":{"event":{"method":"success"}}}')).toEqual({
      response: { method: "unrecognized", raw: expect.any(String), reason },
    });
    expect(decodeResponse('{"method":"sessionEventV2","params":null}')).not.toHaveProperty("sessionId");
  });
});

describe("decodeResponse never throws", () => {
  /** Expects either a known method, or an unrecognized response that contains the text. */
  function expectAnAnswer(text: string): void {
    const { response } = decodeResponse(text);
    if (response.method === "unrecognized") {
      expect(response.raw).toBe(text);
      expect(response.reason).not.toBe("");
    } else {
      expect(text).toContain(response.method);
    }
  }

  test("decodeResponse never throws for any text", () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json(), documents()), expectAnAnswer), { numRuns: 500 });
  });

  test("decodeResponse never throws, whatever the method, the params and the sequence id are", () => {
    const method = fc.constantFrom(
      ...new Set(wire.responses.map(({ input }) => /"method":"(\w+)"/.exec(input)?.[1] ?? "none")),
      "constructor",
    );
    const message = fc.record({ method, params: fc.jsonValue(), seqId: fc.jsonValue() }, { requiredKeys: ["method"] });
    fc.assert(
      fc.property(message, (value) => expectAnAnswer(JSON.stringify(value))),
      { numRuns: 1000 },
    );
  });

  test("decodeResponse never throws for a conformance vector with one invalid member", () => {
    const input = fc.constantFrom(...wire.responses.map((vector) => vector.input));
    const piece = fc.constantFrom("null", "{}", "[]", "-1", "1.5", '"x"', "18446744073709551616", "");
    fc.assert(
      fc.property(input, fc.nat(), piece, (text, at, put) => {
        const values = [...text.matchAll(/(?<=:)(?:"[^"]*"|\d+|null|\{\}|\[\])/g)];
        const value = values[at % Math.max(values.length, 1)];
        const bent = value === undefined ? text : text.slice(0, value.index) + put + text.slice(value.index + value[0].length);
        expectAnAnswer(bent);
      }),
      { numRuns: 1000 },
    );
  });

  for (const [name, text] of [
    ["nested lists", `${"[".repeat(200_000)}${"]".repeat(200_000)}`],
    ["nested lists around a 64-bit integer", `${"[".repeat(200_000)}18446744073709551615${"]".repeat(200_000)}`],
    [
      "nested lists in an event",
      `{"method":"sessionEventV2","params":{"session_id":"${SESSION}","seq_id":7,"event":${"[".repeat(200_000)}${"]".repeat(200_000)}}}`,
    ],
    ["nested lists in an unknown member", `{"method":"brandNew","a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`],
  ] as const) {
    test(`decodeResponse never throws for 200,000 ${name}`, () =>
      expect(decodeResponse(text).response.method).toBe("unrecognized"));
  }
});

describe("a handshake's response in camelCase", () => {
  test.each(["sessionCreated", "sessionAttached"])(
    "the handshake response %s in camelCase is read as its snake_case form",
    (method) => {
      const params = { sessionId: SESSION, rpcEndpoint: "/sub", taskId: "task", sessionName: "mine", newerMember: 1 };
      expect(decodeResponse(JSON.stringify({ seqId: 1, method, params }))).toEqual({
        sequence: 1n,
        response: { method, params: { session_id: SESSION, rpc_endpoint: "/sub", task_id: "task", session_name: "mine" } },
      });
    },
  );

  test("decodeResponse converts the camelCase members of a parallel run's handshake responses to snake_case", () => {
    const created = { controlSessionId: CONTROL, sessionIds: [SESSION], startSlots: [1], endSlots: [2] };
    expect(decodeResponse(JSON.stringify({ method: "sessionsCreatedV2", params: created })).response).toMatchObject({
      params: { control_session_id: CONTROL, session_ids: [SESSION], start_slots: [1n], end_slots: [2n] },
    });
    const attached = { controlSessionId: CONTROL, sessionIds: [SESSION] };
    expect(decodeResponse(JSON.stringify({ method: "parallelSessionAttachedV2", params: attached })).response).toMatchObject({
      params: { control_session_id: CONTROL, session_ids: [SESSION] },
    });
  });

  test("a member in snake_case takes precedence over the same member in camelCase", () => {
    const params = { sessionId: "x", session_id: SESSION, rpc_endpoint: "/", rpcEndpoint: "/other" };
    expect(decodeResponse(JSON.stringify({ method: "sessionCreated", params })).response).toMatchObject({
      params: { session_id: SESSION, rpc_endpoint: "/" },
    });
  });
});
