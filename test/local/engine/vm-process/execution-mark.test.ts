import { closeSync, openSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { encodeBase58 } from "../../../../src/codec/base58.js";
import { ExecutionMark, markWriter } from "../../../../src/local/engine/vm-process/execution-mark.js";

const SIGNATURE = Uint8Array.from({ length: 64 }, (_, index) => index + 1);

test("an execution mark contains the last transaction that was written to it", () => {
  const mark = new ExecutionMark();
  onTestFinished(() => mark.close());
  expect(mark.read()).toBeUndefined();
  const write = markWriter(mark.fd!);
  write(7n, new Uint8Array(64).fill(9));
  write(2n ** 64n - 1n, SIGNATURE);
  expect(mark.read()).toEqual({ slot: 2n ** 64n - 1n, signature: encodeBase58(SIGNATURE) });
});

test("if the file of an ExecutionMark cannot be written or read, no error is thrown", () => {
  // A write to a descriptor that is open only for reading fails, like a write to a full disk.
  const fd = openSync("/dev/null", "r");
  expect(() => markWriter(fd)(1n, SIGNATURE)).not.toThrow();
  closeSync(fd);
  const mark = new ExecutionMark();
  mark.close();
  expect(mark.read()).toBeUndefined();
});
