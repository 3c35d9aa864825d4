import { describe, expect, test } from "vitest";
import { cancelled, invalidParams, SimulatorError } from "../../src/protocol/simulator-error.js";

describe("SimulatorError", () => {
  test("is an Error with a name, a code and a message", () => {
    const error = new SimulatorError("timeout", "nothing came");
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe("SimulatorError: nothing came");
    expect(error.code).toBe("timeout");
    expect(error.stack).toContain("simulator-error.test");
  });

  test("has no members for what it doesn't carry", () => {
    expect(Object.keys(new SimulatorError("timeout", "x")).sort()).toEqual(["code", "name"]);
    expect("cause" in new SimulatorError("timeout", "x")).toBe(false);
  });

  test("keeps its cause, also one that is undefined", () => {
    const cause = new TypeError("underneath");
    expect(new SimulatorError("unreachable", "x", { cause }).cause).toBe(cause);
    expect("cause" in new SimulatorError("unreachable", "x", { cause: undefined })).toBe(true);
  });

  test("carries an answer's status and the beginning of its body", () => {
    const error = new SimulatorError("http", "x", { status: 503, body: "b".repeat(5000) });
    expect(error.status).toBe(503);
    expect(error.body).toBe("b".repeat(4096));
  });
});

describe("a refused parameter", () => {
  test("names its field, in the message too", () => {
    const error = invalidParams("reconnect.jitter", "expected 0 to 1");
    expect(error).toMatchObject({
      code: "invalidParams",
      field: "reconnect.jitter",
      message: "reconnect.jitter: expected 0 to 1",
    });
    expect("cause" in error).toBe(false);
  });
});

describe("a cancelled call", () => {
  test("keeps the signal's own reason", () => {
    const reason = new Error("the user left");
    const error = cancelled("startSession", AbortSignal.abort(reason));
    expect(error).toMatchObject({ code: "cancelled", message: "startSession was cancelled", cause: reason });
  });

  test("needs no signal", () => expect(cancelled("run").code).toBe("cancelled"));
});
