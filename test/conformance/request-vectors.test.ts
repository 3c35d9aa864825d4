import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import { type BacktestRequest, decodeRequest, encodeRequest } from "../../src/protocol/requests.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";
import { title, wire } from "./vectors.js";

/** Parses a request into the object that a caller passes to `encodeRequest`. */
const asGiven = (text: string) => parseJson(text) as BacktestRequest;

describe("requests that the Rust types accept", () => {
  for (const [index, vector] of wire.requests.entries()) {
    if (!vector.accepted) continue;
    test(title(index, vector.input, "is encoded as the Rust types encode it, and is decoded"), () => {
      expect(encodeRequest(asGiven(vector.input))).toBe(vector.canonical);
      expect(encodeRequest(asGiven(vector.canonical))).toBe(vector.canonical);
      expect(encodeRequest(decodeRequest(vector.input))).toBe(vector.canonical);
      expect(decodeRequest(vector.canonical)).toEqual(decodeRequest(vector.input));
    });
  }
});

describe("requests that the Rust types refuse", () => {
  for (const [index, vector] of wire.requests.entries()) {
    if (vector.accepted) continue;
    test(title(index, vector.input, "is refused by the encoder and by the decoder"), () => {
      for (const attempt of [() => encodeRequest(asGiven(vector.input)), () => decodeRequest(vector.input)]) {
        const error = thrownBy(attempt);
        expect(error).toBeInstanceOf(SimulatorError);
        expect(error).toMatchObject({ code: "invalidParams", field: expect.any(String) });
      }
    });
  }
});

test("the request vectors contain accepted and refused requests", () => {
  expect(wire.requests.filter(({ accepted }) => accepted)).toHaveLength(25);
  expect(wire.requests.filter(({ accepted }) => !accepted)).toHaveLength(17);
});

function thrownBy(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  return undefined;
}
