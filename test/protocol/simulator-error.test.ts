import { describe, expect, test } from "vitest";
import { cancelled, invalidParams } from "../../src/protocol/error-helpers.js";
import { isSimulatorError, SimulatorError } from "../../src/protocol/simulator-error.js";

describe("SimulatorError", () => {
  test("SimulatorError is an Error with a name, a code and a message", () => {
    const error = new SimulatorError("timeout", "nothing came");
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe("SimulatorError: nothing came");
    expect(error.code).toBe("timeout");
    expect(error.stack).toContain("simulator-error.test");
  });

  test("SimulatorError has no members for absent details", () => {
    expect(Object.keys(new SimulatorError("timeout", "x")).sort()).toEqual(["code", "name"]);
    expect("cause" in new SimulatorError("timeout", "x")).toBe(false);
  });

  test("SimulatorError keeps the option `cause`, even if its value is undefined", () => {
    const cause = new TypeError("underneath");
    expect(new SimulatorError("unreachable", "x", { cause }).cause).toBe(cause);
    expect("cause" in new SimulatorError("unreachable", "x", { cause: undefined })).toBe(true);
  });

  test("SimulatorError contains the status of a response and the beginning of its body", () => {
    const error = new SimulatorError("http", "x", { status: 503, body: "b".repeat(5000) });
    expect(error.status).toBe(503);
    expect(error.body).toBe("b".repeat(4096));
  });
});

describe("an error of another copy of the package", async () => {
  // The query in the path makes the import a separate module, with its own class.
  const copy = (await import(
    "../../src/protocol/simulator-error.js?copy" as string
  )) as typeof import("../../src/protocol/simulator-error.js");
  const foreign = new copy.SimulatorError("sessionBusy", "another client is attached to the session");

  test("`instanceof SimulatorError` is true for an error from another copy of the package", () => {
    expect(copy.SimulatorError).not.toBe(SimulatorError);
    expect(foreign instanceof SimulatorError).toBe(true);
    expect(new SimulatorError("timeout", "x") instanceof copy.SimulatorError).toBe(true);
  });

  test("isSimulatorError accepts an error from another copy of the package", () => {
    expect(isSimulatorError(foreign)).toBe(true);
    expect(isSimulatorError(foreign, "sessionBusy")).toBe(true);
    expect(isSimulatorError(foreign, "timeout")).toBe(false);
  });

  test("`instanceof` with a subclass of SimulatorError is false for an error from another copy of the package", () => {
    class OwnError extends SimulatorError {}
    expect(foreign instanceof OwnError).toBe(false);
    expect(new SimulatorError("timeout", "x") instanceof OwnError).toBe(false);
    expect(new OwnError("timeout", "x") instanceof OwnError).toBe(true);
  });

  test("instanceof and isSimulatorError refuse values that are not a SimulatorError", () => {
    for (const value of [undefined, null, "timeout", 5, new Error("x"), { code: "timeout", name: "SimulatorError" }]) {
      expect(value instanceof SimulatorError).toBe(false);
      expect(isSimulatorError(value)).toBe(false);
    }
  });
});

describe("the error of a refused parameter", () => {
  test("the error of an invalid parameter contains the field as a property and in its message", () => {
    const error = invalidParams("reconnect.jitter", "expected 0 to 1");
    expect(error).toMatchObject({
      code: "invalidParams",
      field: "reconnect.jitter",
      message: "reconnect.jitter: expected 0 to 1",
    });
    expect("cause" in error).toBe(false);
  });
});

describe("the error of a cancelled call", () => {
  test("the error of a cancelled call has the reason of the signal as its cause", () => {
    const reason = new Error("the user left");
    const error = cancelled("startSession", AbortSignal.abort(reason));
    expect(error).toMatchObject({ code: "cancelled", message: "startSession was cancelled", cause: reason });
  });

  test("the signal parameter of cancelled() is optional", () => expect(cancelled("run").code).toBe("cancelled"));
});
