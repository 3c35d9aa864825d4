import { describe, expect, test } from "vitest";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { fromWireError, isTerminal } from "../../src/protocol/backtest-error.js";
import { type BacktestResponse, decodeResponse } from "../../src/protocol/responses.js";
import { title, wire } from "./vectors.js";

describe("responses that the Rust types accept", () => {
  for (const [index, vector] of wire.responses.entries()) {
    if (!vector.accepted) continue;
    test(
      title(index, vector.input, vector.terminal ? "is read as a response that ends the session" : "is read as a response"),
      () => {
        const { seqId, ...canonical } = parseJson(vector.canonical) as { seqId?: unknown; method: string; params?: EventParams };
        const decoded = decodeResponse(vector.input);

        expect(sameTree(decoded.response)).toEqual(canonical);
        expect(endsSession(decoded.response)).toBe(vector.terminal);
        if (canonical.method === "sessionEventV2") {
          expect(decoded.sessionId).toBe(canonical.params?.session_id);
          expect(decoded.sequence).toBe(BigInt(canonical.params?.seq_id ?? -1));
        } else {
          expect(decoded.sessionId).toBeUndefined();
          expect(decoded.sequence).toBe(vector.seqId === undefined ? undefined : BigInt(vector.seqId));
          expect(decoded.sequence !== undefined).toBe(vector.sequenced);
          expect(seqId).toEqual(decoded.sequence === undefined ? undefined : parseJson(String(decoded.sequence)));
        }
      },
    );
  }
});

describe("responses that the Rust types refuse", () => {
  for (const [index, vector] of wire.responses.entries()) {
    if (vector.accepted) continue;
    test(title(index, vector.input, "is decoded as unrecognized"), () => {
      const { response, sequence, sessionId } = decodeResponse(vector.input);
      expect(response).toEqual({ method: "unrecognized", raw: vector.input, reason: expect.stringMatching(/./) });
      expect(sequence).toBe(topLevelSeqId(vector.input));
      expect(sessionId).toBeUndefined();
    });
  }
});

test("the response vectors contain accepted responses, and refused responses with and without a sequence id", () => {
  expect(wire.responses.filter(({ accepted }) => accepted)).toHaveLength(61);
  const refused = wire.responses.filter(({ accepted }) => !accepted);
  expect(refused).toHaveLength(17);
  expect(refused.filter(({ input }) => topLevelSeqId(input) !== undefined)).toHaveLength(2);
});

interface EventParams {
  session_id?: string;
  seq_id?: number | bigint;
}

/** Converts a response to JSON and back. Safe integers become numbers, and undefined members are omitted. */
function sameTree(response: BacktestResponse): unknown {
  return parseJson(stringifyJson(response));
}

/** Whether a response ends a single session. */
function endsSession(response: BacktestResponse): boolean {
  if (response.method === "completed") return true;
  return response.method === "error" && isTerminal(fromWireError(response.params));
}

function topLevelSeqId(input: string): bigint | undefined {
  const digits = /^\{"seqId":(\d+)/.exec(input)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}
