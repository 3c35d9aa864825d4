import { describe, expect, test } from "vitest";
import * as compareEntry from "../../src/compare/index.js";
import * as explainEntry from "../../src/explain/index.js";
import * as localEntry from "../../src/local/index.js";
import { requireMethods, requireObject, requireOptions } from "../../src/protocol/arguments.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";

const session = {
  run: () => [],
  nextEvent: () => Promise.resolve({ type: "completed" }),
  modifyAccounts: () => Promise.resolve(0),
  continueUntilReady: () => Promise.resolve({ transactions: [] }),
};
const client = { startSession: () => Promise.resolve(session) };
const sink = { begin: () => {}, write: () => {}, close: () => {} };
const ledger = localEntry.generateLedger({ startSlot: 100, endSlot: 101 });

/** A parameter: its name in error messages, a valid value, and whether it can be absent. */
type Parameter = [field: string, valid: unknown, presence?: "optional"];

/** The parameters of each exported function and class that throws for invalid arguments. */
const PARAMETERS: Record<string, Parameter[]> = {
  applyStates: [
    ["session", session],
    ["changes", {}],
  ],
  runWithChanges: [
    ["session", session],
    ["changes", {}],
    ["options", { startSlot: 100n }],
  ],
  readAccountStates: [
    ["account states", "{}"],
    ["options", {}, "optional"],
  ],
  readInjections: [
    ["transactions", "{}"],
    ["options", {}, "optional"],
  ],
  compareRuns: [
    ["a", ""],
    ["b", ""],
    ["options", {}, "optional"],
  ],
  comparisonMarkdown: [
    ["comparison", { summary: {} }],
    ["options", {}, "optional"],
  ],
  readRecord: [
    ["source", ""],
    ["options", {}, "optional"],
  ],
  record: [
    ["run", session],
    ["sink", sink],
    ["options", {}, "optional"],
  ],
  csvSink: [["output", () => {}]],
  ndjsonSink: [["output", () => {}]],
  parquetSink: [
    ["output", () => {}],
    ["options", {}, "optional"],
  ],
  runAB: [
    ["client", client],
    ["create", { startSlot: 100 }],
    ["options", { candidate: {} }],
  ],
  sendTransactions: [
    ["session", session],
    ["transactions", []],
    ["options", {}, "optional"],
  ],
  failureText: [["outcome", { err: "AccountInUse" }]],
  captureLedger: [["options", {}]],
  generateLedger: [["options", {}, "optional"]],
  readLedger: [["folder", "no-such-folder"]],
  writeLedger: [
    ["folder", "no-such-folder"],
    ["ledger", ledger],
  ],
  litesvmEngine: [
    ["ledger", ledger, "optional"],
    ["options", {}, "optional"],
  ],
  createLocalSimulator: [["options", {}, "optional"]],
  startLocalSimulator: [["options", {}, "optional"]],
  BacktestFailure: [["wire", "noMoreBlocks"]],
};

/** The functions that never throw. They describe invalid arguments in `problems`, or return an empty result. */
const NEVER_THROWING: Record<string, unknown> = {
  explainTransaction: { problems: [expect.any(String)] },
  explainAccount: { problems: [expect.any(String)] },
  describeError: undefined,
  transactionAccounts: [],
};

/** Exports that check no arguments: constants, and classes that accept any value. */
const UNCHECKED = ["MemoryRecord", "DIFFERENCE_KINDS", "RpcFailure"];

const EXPORTS: Record<string, unknown> = { ...compareEntry, ...explainEntry, ...localEntry };

/** Calls a function or a class, and returns what it throws. */
async function thrownBy(name: string, args: readonly unknown[]): Promise<unknown> {
  const called = EXPORTS[name] as ((...given: readonly unknown[]) => unknown) & (new (...given: readonly unknown[]) => unknown);
  try {
    const result = name === "BacktestFailure" ? new called(...args) : called(...args);
    if (typeof result === "object" && result !== null && "next" in result) await (result as AsyncGenerator).next();
    else await result;
  } catch (error) {
    return error;
  }
  return undefined;
}

test("this test file covers every export of compare, explain and local", () => {
  const known = [...Object.keys(PARAMETERS), ...Object.keys(NEVER_THROWING), ...UNCHECKED];
  expect(known.toSorted()).toEqual(Object.keys(EXPORTS).toSorted());
});

describe.each(Object.entries(PARAMETERS))("%s", (name, parameters) => {
  const cases = parameters.flatMap(([field, , presence], index) =>
    [null, 5, ...(presence === "optional" ? [] : [undefined])].map((value) => ({ field, index, value })),
  );
  test.each(cases)(
    `${name} refuses $value for $field with an error that names the parameter`,
    async ({ field, index, value }) => {
      const args: unknown[] = parameters.map(([, valid]) => valid);
      args[index] = value;
      const error = await thrownBy(name, args);
      expect(error).toBeInstanceOf(SimulatorError);
      expect(error).toMatchObject({ code: "invalidParams", message: expect.stringMatching(new RegExp(`^${field}: `)) });
    },
  );
});

describe.each(Object.entries(PARAMETERS).filter(([, parameters]) => parameters.at(-1)?.[0] === "options"))(
  "%s",
  (name, parameters) => {
    test(`the error of ${name} for an unknown option suggests a known option`, async () => {
      const args = parameters.map(([field, valid]) => (field === "options" ? { ...(valid as object), noSuchOption: 1 } : valid));
      const error = await thrownBy(name, args);
      expect(error).toMatchObject({
        code: "invalidParams",
        message: expect.stringMatching(/^noSuchOption: unknown option\. Did you mean \w+\?$/),
      });
    });
  },
);

describe.each(Object.entries(NEVER_THROWING))("%s", (name, expected) => {
  test.each([null, undefined, 5])(`${name} does not throw for %s`, (value) => {
    const explained = (EXPORTS[name] as (value: unknown) => unknown)(value);
    if (typeof expected === "object" && !Array.isArray(expected)) expect(explained).toMatchObject(expected as object);
    else expect(explained).toEqual(expected);
  });
});

describe.each(["explainTransaction", "explainAccount"] as const)("the options of %s", (name) => {
  test.each([
    [null, "the options are not an object: pass { idls }"],
    [5, "the options are not an object: pass { idls }"],
    [{ kind: "rootNode" }, "the options are an IDL: pass it as { idls }"],
    [{ idl: {} }, "the option idl is unknown: the only option is idls"],
    [{ idls: "{}" }, "the option idls is a string: parse its JSON first"],
  ])(`${name} adds a problem to its result if the options are %o`, (options, problem) => {
    const explain = EXPORTS[name] as typeof explainEntry.explainAccount;
    expect(explain({ lamports: 5, transaction: "" }, options as never).problems).toContain(problem);
  });
});

describe("a check of an argument", () => {
  test.each([
    ["null", null],
    ["undefined", undefined],
    ["a number", 5],
    ["a bigint", 5n],
    ["an empty string", ""],
    ["a string", "x"],
    ["a list", []],
    ["a function", () => {}],
  ])("the error for an argument that is not an object says that the argument is %s", (text, value) => {
    expect(() => requireObject(value, "field")).toThrow(`field: expected an object, got ${text}`);
  });

  test("requireMethods names a missing method, and requireOptions suggests a known option for an unknown option", () => {
    expect(() => requireMethods({ run: 5 }, "session", ["run"], "a session")).toThrow(
      "session: expected a session, but it has no method run",
    );
    expect(() => requireOptions({ limits: 5 }, ["limit", "ignore"])).toThrow("limits: unknown option. Did you mean limit?");
    expect(() => requireOptions({ limit: 5 }, ["limit", "ignore"])).not.toThrow();
  });
});
