import { onTestFinished } from "vitest";

/** Collects uncaught errors until the test is over. Otherwise they would end the process. */
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
