import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FramingError, frameMessage, MessageSplitter } from "../../../src/local/geyser/grpc-framing.js";

describe("the framing of gRPC messages", () => {
  it("MessageSplitter restores the messages from chunks of any size", () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, sizes) => {
        const bytes = Uint8Array.from(sent.flatMap((message) => [...frameMessage(message)]));
        const splitter = new MessageSplitter(300);
        const received: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] as number;
          received.push(...splitter.push(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(received).toEqual(sent);
      }),
    );
  });

  it("MessageSplitter refuses a compressed message, and refuses a message above the limit before the whole message has arrived", () => {
    const splitter = new MessageSplitter(10);
    expect(splitter.push(frameMessage(new Uint8Array(10)))).toHaveLength(1);
    expect(() => splitter.push(frameMessage(new Uint8Array(11)).subarray(0, 5))).toThrow(FramingError);
    expect(() => new MessageSplitter(10).push(Uint8Array.of(1, 0, 0, 0, 0))).toThrow("compressed");
  });
});
