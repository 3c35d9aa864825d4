import { expect, test } from "vitest";
import { ExecutionTurns } from "../../../../src/local/engine/vm-process/execution-turns.js";

/** Starts one task per name. Each task runs until `end` is called with its name. */
function startTasks(turns: ExecutionTurns, names: readonly string[]) {
  const started: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const results = names.map((name) =>
    turns.run(
      () =>
        new Promise<string>((resolve, reject) => {
          started.push(name);
          ends.set(name, (error) => (error === undefined ? resolve(name) : reject(error)));
        }),
    ),
  );
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { started, results, end: (name: string, error?: Error) => ends.get(name)?.(error), settle };
}

test("ExecutionTurns runs at most the given number of tasks at once, and starts waiting tasks in the order of their calls", async () => {
  const { started, results, end, settle } = startTasks(new ExecutionTurns(2), ["a", "b", "c", "d", "e"]);
  await settle();
  expect(started).toEqual(["a", "b"]);
  end("b");
  await settle();
  expect(started).toEqual(["a", "b", "c"]);
  end("c");
  end("a");
  await settle();
  expect(started).toEqual(["a", "b", "c", "d", "e"]);
  for (const name of ["d", "e"]) end(name);
  expect(await Promise.all(results)).toEqual(["a", "b", "c", "d", "e"]);
});

test("ExecutionTurns starts the next task after a task has failed", async () => {
  const { started, results, end, settle } = startTasks(new ExecutionTurns(1), ["a", "b"]);
  await settle();
  const failed = expect(results[0]).rejects.toThrow("broken");
  end("a", new Error("broken"));
  await failed;
  await settle();
  expect(started).toEqual(["a", "b"]);
});

test("ExecutionTurns alternates between the calls of several sessions", async () => {
  const turns = new ExecutionTurns(1);
  const order: string[] = [];
  const session = async (name: string): Promise<void> => {
    for (let call = 0; call < 3; call++) await turns.run(async () => void order.push(name));
  };
  await Promise.all(["a", "b", "c"].map(session));
  expect(order.join("")).toBe("abcabcabc");
});
