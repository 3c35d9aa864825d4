import { onTestFinished } from "vitest";

/** Catches uncaught errors, which would end the process, until the test is over. */
export function collectUncaught(): Error[] {
  const uncaught: Error[] = [];
  const before = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => uncaught.push(error));
  onTestFinished(() => {
    process.removeAllListeners("uncaughtException");
    for (const listener of before) process.on("uncaughtException", listener);
  });
  return uncaught;
}
