import type { Writable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as ws from "ws";
import type { Frame } from "../../../src/local/link/peer.js";
import { FrameBatch } from "../../../src/local/node/frame-batch.js";

// `ws` exports Receiver, but its types do not declare it.
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

/** Splits bytes into pieces of `step` bytes, and returns the frames that `ws` reads from them. */
function read(bytes: Buffer, step: number): Promise<Frame[]> {
  return new Promise((resolve, reject) => {
    const frames: Frame[] = [];
    const receiver = new Receiver({ isServer: false });
    receiver.on("message", (data: Buffer, isBinary: boolean) =>
      frames.push(isBinary ? new Uint8Array(data) : data.toString("utf8")),
    );
    receiver.on("error", reject);
    receiver.on("finish", () => resolve(frames));
    for (let at = 0; at < bytes.length; at += step) receiver.write(bytes.subarray(at, at + step));
    receiver.end();
  });
}

const small = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
  fc.constantFrom(125, 126).map((length) => "x".repeat(length)),
);
const large = fc.oneof(
  small,
  fc.constantFrom(65_535, 65_536, 300_000).map((length) => "x".repeat(length)),
);

// Large frames are read in larger chunks, because chunks of one byte would be slow.
test.each([
  { lengths: "small frames", frame: small, minStep: 1, maxStep: 1_000 },
  { lengths: "frames of any length", frame: large, minStep: 5_000, maxStep: 70_000 },
])(
  "ws reads the frames of a FrameBatch unchanged, no matter when the batch is flushed ($lengths)",
  async ({ frame, minStep, maxStep }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(frame, fc.boolean()), { maxLength: 20 }),
        fc.integer({ min: minStep, max: maxStep }),
        async (given, step) => {
          const written: Buffer[] = [];
          const batch = new FrameBatch((bytes) => written.push(bytes));
          for (const [one, flush] of given) {
            batch.push(one);
            expect(batch.bytes).toBeGreaterThan(0);
            if (flush) batch.flush();
          }
          batch.flush();
          expect(batch.bytes).toBe(0);
          // All chunks are read after the last flush. If the batch reused a buffer, the content of earlier chunks would be wrong.
          expect(await read(Buffer.concat(written), step)).toEqual(
            given.map(([one]) => (typeof one === "string" ? one : new Uint8Array(one))),
          );
        },
      ),
    );
  },
);
