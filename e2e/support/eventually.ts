import { expect } from "vitest";

/** `expect.poll` with patience for a busy machine: what comes, comes at once on an idle one. */
export const eventually = <T>(read: () => T | Promise<T>, message?: string) =>
  expect.poll(read, { timeout: 15_000, interval: 40, ...(message !== undefined && { message }) });
