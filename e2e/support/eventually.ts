import { expect } from "vitest";

/** `expect.poll` with a timeout for a busy machine. */
export const eventually = <T>(read: () => T | Promise<T>, message?: string) =>
  expect.poll(read, { timeout: 15_000, interval: 40, ...(message !== undefined && { message }) });
