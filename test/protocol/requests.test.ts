import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringifyJson } from "../../src/codec/json.js";
import { type BacktestRequest, type DecodedRequest, decodeRequest, encodeRequest } from "../../src/protocol/requests.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";
import { documents } from "../codec/json-documents.js";
import { wire } from "../conformance/vectors.js";
import { thrownBy } from "./thrown.js";

const SESSION = "backtest_01980f5a7c2b7e3d8a4b5c6d7e8f9012";
const CONTROL = "parallel_01980f5a7c2b7e3d8a4b5c6d7e8f9014";
const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TOKEN = "0123456789abcdef0123456789abcdef";

/** Returns a create request. TypeScript does not check its parameters, as in a call from JavaScript code. */
const create = (params: object) =>
  ({ method: "createBacktestSession", params: { startSlot: 1, endSlot: 2, ...params } }) as BacktestRequest;
const loose = (method: string, params?: unknown) => ({ method, params }) as unknown as BacktestRequest;

describe("encodeRequest", () => {
  test("encodeRequest writes the same text for a 64-bit integer, whether the integer is a bigint or a number", () => {
    expect(encodeRequest({ method: "continueTo", params: { slot: 105n, batchIndex: 3 } })).toBe(
      '{"method":"continueTo","params":{"slot":105,"batchIndex":3}}',
    );
    expect(encodeRequest({ method: "continueTo", params: { slot: 105, batchIndex: 3n } })).toBe(
      '{"method":"continueTo","params":{"slot":105,"batchIndex":3}}',
    );
    expect(encodeRequest({ method: "continueTo", params: { slot: 18446744073709551615n } })).toBe(
      '{"method":"continueTo","params":{"slot":18446744073709551615,"batchIndex":null}}',
    );
  });

  test("encodeRequest checks the types of parameters, not their values", () => {
    expect(() => encodeRequest({ method: "createBacktestSession", params: { startSlot: 9, endSlot: 2 } })).not.toThrow();
  });

  test("encodeRequest writes only the members that the Rust types have", () => {
    expect(encodeRequest(loose("continueTo", { slot: 1, batchIndex: null, future: 1 }))).toBe(
      '{"method":"continueTo","params":{"slot":1,"batchIndex":null}}',
    );
  });

  test("encodeRequest does not change the request", () => {
    const given = Object.freeze({ method: "continue", params: Object.freeze({ transactions: Object.freeze(["AQID"]) }) });
    encodeRequest(given as unknown as BacktestRequest);
    expect(given).toEqual({ method: "continue", params: { transactions: ["AQID"] } });
  });

  test("encodeRequest writes no parameters if a request has absent, undefined or null parameters", () => {
    for (const params of [undefined, null]) {
      expect(encodeRequest(loose("closeBacktestSession", params))).toBe('{"method":"closeBacktestSession"}');
    }
    expect(encodeRequest({ method: "resumeAttachedSession" })).toBe('{"method":"resumeAttachedSession"}');
  });

  for (const [name, request, field] of [
    ["a negative slot", create({ startSlot: -1 }), "startSlot"],
    ["a slot that is minus zero", create({ startSlot: -0 }), "startSlot"],
    ["a fraction", create({ endSlot: 1.5 }), "endSlot"],
    ["a number that a double may have rounded", create({ endSlot: 2 ** 53 }), "endSlot"],
    ["a slot over 2^64 - 1", create({ endSlot: 2n ** 64n }), "endSlot"],
    ["a slot as text", create({ endSlot: "5" }), "endSlot"],
    ["a missing end slot", loose("createBacktestSession", { startSlot: 1 }), "endSlot"],
    ["a timeout over u16", create({ disconnectTimeoutSecs: 65_536 }), "disconnectTimeoutSecs"],
    ["compute units over u32", create({ extraComputeUnits: 2 ** 32 }), "extraComputeUnits"],
    ["null for a bool", create({ sendSummary: null }), "sendSummary"],
    ["null for a list", create({ discoveries: null }), "discoveries"],
    ["null for parallel", create({ parallel: null }), "parallel"],
    ["a token that isn't 32 hex digits", create({ name: "run", createToken: "token-1" }), "createToken"],
    ["a discovery of an unknown kind", create({ discoveries: [{ kind: "unknown", value: 1 }] }), "discoveries.0.kind"],
    [
      "a discovery whose program is not an address",
      create({ discoveries: [{ kind: "programExecuted", value: "x" }] }),
      "discoveries.0.value",
    ],
    ["a market that is not an address", create({ reroute: { extraMarkets: ["x"] } }), "reroute.extraMarkets.0"],
    ["an unknown aggregator", create({ reroute: { aggregators: ["uniswap"] } }), "reroute.aggregators.0"],
    ["a pair with one mint", create({ reroute: { filter: { pairs: [[TOKEN_PROGRAM]] } } }), "reroute.filter.pairs.0"],
    [
      "a pair with three mints",
      create({ reroute: { filter: { pairs: [Array(3).fill(TOKEN_PROGRAM)] } } }),
      "reroute.filter.pairs.0",
    ],
    [
      "a pair with a mint that is not an address",
      create({ reroute: { filter: { pairs: [[TOKEN_PROGRAM, "x"]] } } }),
      "reroute.filter.pairs.0.1",
    ],
    [
      "a probe with an unknown kind of anchor",
      create({ diagnosticProbes: [{ anchor: { at: "never" }, markets: [], usdValues: [] }] }),
      "diagnosticProbes.0.anchor.at",
    ],
    [
      "a USD value of a probe over u32",
      create({ diagnosticProbes: [{ anchor: { at: "afterSlot" }, markets: [], usdValues: [2 ** 32] }] }),
      "diagnosticProbes.0.usdValues.0",
    ],
    ["transactions that are not a list", loose("continue", { transactions: "AQID" }), "transactions"],
    [
      "an account without an owner",
      loose("continue", {
        modifyAccountStates: {
          [TOKEN_PROGRAM]: { data: { data: "", encoding: "base64" }, executable: false, lamports: 1, space: 0 },
        },
      }),
      `modifyAccountStates.${TOKEN_PROGRAM}.owner`,
    ],
    [
      "account data in base58",
      loose("continue", {
        modifyAccountStates: {
          [TOKEN_PROGRAM]: {
            data: { data: "", encoding: "base58" },
            executable: false,
            lamports: 1,
            space: 0,
            owner: TOKEN_PROGRAM,
          },
        },
      }),
      `modifyAccountStates.${TOKEN_PROGRAM}.data.encoding`,
    ],
    ["a batch index over u32", loose("continueTo", { slot: 1, batchIndex: 2 ** 32 }), "batchIndex"],
    ["the id of a control session as a session id", loose("closeSessionV1", { sessionId: CONTROL }), "sessionId"],
    [
      "a session id as the id of a control session",
      loose("attachParallelControlSessionV2", { control_session_id: SESSION }),
      "control_session_id",
    ],
    ["a camelCase name of a snake_case member", loose("attachBacktestSession", { sessionId: SESSION }), "session_id"],
    [
      "a continueTo request of a sub-session without a slot",
      loose("continueToSessionV1", { sessionId: SESSION, request: {} }),
      "request.slot",
    ],
    [
      "a last sequence as text",
      loose("attachParallelControlSessionV2", { control_session_id: CONTROL, last_sequences: { [SESSION]: "1" } }),
      `last_sequences.${SESSION}`,
    ],
    ["params of a method without params", loose("closeBacktestSession", {}), "params"],
    ["a continue request without params", loose("continue"), "params"],
    ["a continue request with null as params", loose("continue", null), "params"],
    ["an unknown method", loose("constructor", {}), "method"],
    ["a request without a method", {} as BacktestRequest, "method"],
    ["undefined instead of a request", undefined as unknown as BacktestRequest, "method"],
    ["a string instead of a request", "continue" as unknown as BacktestRequest, "method"],
  ] as const) {
    test(`encodeRequest refuses ${name}, and names ${field}`, () => {
      const error = thrownBy(() => encodeRequest(request));
      expect(error).toMatchObject({ code: "invalidParams", field });
      expect(error.message.startsWith(`${field}: `)).toBe(true);
    });
  }
});

describe("decodeRequest", () => {
  test("decodeRequest fills in the defaults, and returns 64-bit integers as bigint and smaller integers as number", () => {
    expect(
      decodeRequest('{"method":"createBacktestSession","params":{"startSlot":1,"endSlot":2,"extraComputeUnits":7}}'),
    ).toEqual({
      method: "createBacktestSession",
      params: {
        startSlot: 1n,
        endSlot: 2n,
        sendSummary: false,
        capacityWaitTimeoutSecs: null,
        disconnectTimeoutSecs: null,
        extraComputeUnits: 7,
        replayAccountState: false,
        parallel: false,
      },
    });
    expect(decodeRequest('{"method":"continue","params":{}}')).toEqual({
      method: "continue",
      params: { advanceCount: 1n, transactions: [], modifyAccountStates: {} },
    });
  });

  test("decodeRequest returns session ids in canonical form, including the ids in last_sequences", () => {
    expect(
      decodeRequest(
        '{"method":"attachParallelControlSessionV2","params":{"control_session_id":"01980F5A-7C2B-7E3D-8A4B-5C6D7E8F9014","last_sequences":{"01980f5a7c2b7e3d8a4b5c6d7e8f9012":18446744073709551615}}}',
      ),
    ).toEqual({
      method: "attachParallelControlSessionV2",
      params: { control_session_id: CONTROL, last_sequences: { [SESSION]: 18446744073709551615n } },
    });
  });

  for (const [name, text] of [
    ["5.0 for an integer", '{"method":"continueTo","params":{"slot":5.0}}'],
    ["5e0 for an integer", '{"method":"continueTo","params":{"slot":5e0}}'],
    ["minus zero for an integer", '{"method":"continueTo","params":{"slot":-0}}'],
    ["2^64 for a u64", '{"method":"continueTo","params":{"slot":18446744073709551616}}'],
    ["a text for an integer", '{"method":"continueTo","params":{"slot":"5"}}'],
    ["params of a method without params", '{"method":"resumeAttachedSession","params":{}}'],
    ["text that is not JSON", "not json"],
    ["truncated JSON", '{"method":"continueTo","params":{"slot":18446744073709551615'],
    ["an empty text", ""],
  ] as const) {
    test(`decodeRequest refuses ${name}`, () => expect(thrownBy(() => decodeRequest(text)).code).toBe("invalidParams"));
  }

  test("the error of decodeRequest for invalid JSON has the SyntaxError as its cause", () => {
    expect(thrownBy(() => decodeRequest("{"))).toMatchObject({ field: "request", cause: expect.any(SyntaxError) });
  });
});

describe("decodeRequest for a create request", () => {
  const decodeCreate = (extras: string) => {
    const request = decodeRequest(
      `{"method":"createBacktestSession","params":{"startSlot":1,"endSlot":2,"sendSummary":true${extras}}}`,
    );
    if (request.method !== "createBacktestSession") throw new Error("another method");
    return request.params;
  };

  test("decodeRequest reads `parallel`, `name` and `createToken` of a create request if all three have the right type", () => {
    const newer = { parallel: true, name: "Run 1", createToken: TOKEN };
    expect(decodeCreate(`,"parallel":true,"name":"Run 1","createToken":"${TOKEN}"`)).toMatchObject(newer);
  });

  test("decodeRequest accepts any text as the createToken, because other clients can use other formats", () => {
    expect(decodeCreate(',"name":"run","createToken":"token-1"')).toMatchObject({ name: "run", createToken: "token-1" });
  });

  test("decodeRequest reads `name: null` and `createToken: null` as absent", () => {
    const params = decodeCreate(',"parallel":true,"name":null,"createToken":null');
    expect(params.parallel).toBe(true);
    expect(params.name).toBeUndefined();
    expect(params.createToken).toBeUndefined();
  });

  for (const wrong of [
    '"parallel":null',
    '"parallel":"true"',
    '"parallel":1',
    '"name":7',
    '"name":["run"]',
    '"createToken":7',
    '"createToken":{}',
  ]) {
    test(`if one of \`parallel\`, \`name\` and \`createToken\` has the wrong type, decodeRequest ignores all three: ${wrong}`, () => {
      const [field] = wrong.split(":");
      const others = ['"parallel":true', '"name":"run"', `"createToken":"${TOKEN}"`].filter(
        (member) => !member.startsWith(`${field}:`),
      );
      const params = decodeCreate(`,${[...others, wrong].join(",")}`);
      expect(params).toMatchObject({ startSlot: 1n, endSlot: 2n, sendSummary: true, parallel: false });
      expect(params.name).toBeUndefined();
      expect(params.createToken).toBeUndefined();
    });
  }

  test("decodeRequest refuses a create request if a parameter other than `parallel`, `name` and `createToken` has the wrong type", () => {
    expect(() => decodeCreate(',"parallel":null,"replayAccountState":1')).toThrow(SimulatorError);
  });
});

describe("a round trip of random requests", () => {
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const wide = fc.oneof(u64, fc.maxSafeNat());
  const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const hex = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 32, maxLength: 32 });
  const session = hex.map((digits) => `backtest_${digits}`);
  const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary);
  const continueParams = fc.record({ advanceCount: wide, transactions: fc.array(fc.base64String()) }, { requiredKeys: [] });
  const continueToParams = fc.record({ slot: wide, batchIndex: orNull(u32) }, { requiredKeys: ["slot"] });
  const request: fc.Arbitrary<unknown> = fc.oneof(
    fc.record({
      method: fc.constant("createBacktestSession"),
      params: fc.record(
        {
          startSlot: wide,
          endSlot: wide,
          sendSummary: fc.boolean(),
          capacityWaitTimeoutSecs: orNull(fc.nat({ max: 65_535 })),
          disconnectTimeoutSecs: orNull(fc.nat({ max: 65_535 })),
          extraComputeUnits: orNull(u32),
          replayAccountState: fc.boolean(),
          parallel: fc.boolean(),
          name: orNull(fc.string()),
          createToken: orNull(hex),
        },
        { requiredKeys: ["startSlot", "endSlot"] },
      ),
    }),
    fc.record({ method: fc.constant("continue"), params: continueParams }),
    fc.record({ method: fc.constant("continueTo"), params: continueToParams }),
    fc.record({ method: fc.constant("continueSessionV1"), params: fc.record({ sessionId: session, request: continueParams }) }),
    fc.record({
      method: fc.constant("continueToSessionV1"),
      params: fc.record({ sessionId: session, request: continueToParams }),
    }),
    fc.record({
      method: fc.constant("attachBacktestSession"),
      params: fc.record({ session_id: session, last_sequence: orNull(wide) }),
    }),
    fc.record({ method: fc.constantFrom("closeBacktestSession", "resumeAttachedSession") }),
    fc.record({
      method: fc.constant("attachParallelControlSessionV2"),
      params: fc.record({
        control_session_id: hex.map((digits) => `parallel_${digits}`),
        last_sequences: fc.dictionary(session, wide),
      }),
    }),
  );

  test("`encodeRequest(decodeRequest(text))` returns `text` if `text` is an encoded request", () => {
    fc.assert(
      fc.property(request, (given) => {
        const text = encodeRequest(given as BacktestRequest);
        expect(encodeRequest(decodeRequest(text))).toBe(text);
        expect(encodeRequest(decodeRequest(stringifyJson(given)))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe("decodeRequest for arbitrary input", () => {
  function readOrRefused(text: string): void {
    let request: DecodedRequest;
    try {
      request = decodeRequest(text);
    } catch (error) {
      expect(error).toBeInstanceOf(SimulatorError);
      expect(error).toMatchObject({ code: "invalidParams" });
      return;
    }
    expect(decodeRequest(encodeRequest(request))).toEqual(request);
  }

  test("decodeRequest returns a request or throws the error invalidParams for arbitrary input", () => {
    const method = fc.constantFrom(...new Set(wire.requests.map(({ input }) => /"method":"(\w+)"/.exec(input)?.[1] ?? "none")));
    const message = fc
      .record({ method, params: fc.jsonValue() }, { requiredKeys: ["method"] })
      .map((value) => JSON.stringify(value));
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json(), documents(), message), readOrRefused), {
      numRuns: 1000,
    });
  });

  test("decodeRequest refuses 200,000 nested lists", () => {
    readOrRefused(`${"[".repeat(200_000)}18446744073709551615${"]".repeat(200_000)}`);
    readOrRefused(
      `{"method":"createBacktestSession","params":{"startSlot":1,"endSlot":2,"name":${"[".repeat(200_000)}${"]".repeat(200_000)}}}`,
    );
  });
});
