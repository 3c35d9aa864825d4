import { describe, expect, test } from "vitest";
import { stringifyJson } from "../../src/codec/json.js";
import { StreamEncoder } from "../../src/codec/zstd.js";
import {
  acceptDiffs,
  brief,
  diff,
  newClient,
  OTHER_PROGRAM,
  PROGRAM,
  settle,
  startSession,
  take,
  takeAll,
  takeUntil,
  until,
} from "../session/session-rig.js";
import { startScriptedServer } from "../support/scripted-server.js";

const NOTIFICATION = "accountDiffNotification";

async function setUp(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const setup = await startSession(server, newClient(server, options));
  return { server, ...setup };
}

/** Returns a notification as the text of a frame. */
function textOf(subscription: number, result: unknown): string {
  return stringifyJson({ jsonrpc: "2.0", method: NOTIFICATION, params: { subscription, result } });
}

const complete = (subscription: number): string =>
  stringifyJson({ jsonrpc: "2.0", method: "subscriptionComplete", params: { subscription } });

/** Returns a zstd frame that decodes to zeros, in run-length blocks (RFC 8878, 3.1.1.2.2). */
function zeros(megabytes: number): Uint8Array {
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
  const block = 128 * 1024;
  const blockHeader = (block << 3) | (1 << 1);
  const blocks = Array.from({ length: megabytes * 8 }, () => [
    blockHeader & 0xff,
    (blockHeader >> 8) & 0xff,
    blockHeader >> 16,
    0,
  ]);
  return Uint8Array.from([...header, ...blocks.flat()]);
}

describe("compressed notifications", () => {
  test("compressed notifications are decoded in order if text frames arrive between them", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
    const stream = await server.subscription();
    const first = await stream.expect("accountDiffSubscribe");
    const second = await stream.expect("accountDiffSubscribe");
    expect([first, second].map(({ config }) => config.compression)).toEqual(["zstd", "zstd"]);
    const encoder = new StreamEncoder();
    const zip = (text: string): Uint8Array => encoder.encode(text);
    // Each stream sends a notification before the server acknowledges the stream.
    stream.send(zip(textOf(8, diff(100, "b0"))), zip(textOf(7, diff(100, "a0"))));
    stream.acknowledge(second.id, 8);
    stream.send(zip(textOf(8, diff(101, "b1"))), textOf(7, diff(101, "a1")));
    stream.acknowledge(first.id, 7);
    stream.send(zip(textOf(7, diff(102, "a2"))), zip(complete(8)), zip(textOf(7, diff(103, "a3"))), zip(complete(7)));
    control.respond(3, "completed", {});
    const events = await takeAll(session);
    const of = (program: string): string[] =>
      events.flatMap((event) => (event.type === "accountDiff" && event.program === program ? [brief(event)] : []));
    expect(of(PROGRAM)).toEqual(["diff a0", "diff a1", "diff a2", "diff a3"]);
    expect(of(OTHER_PROGRAM)).toEqual(["diff b0", "diff b1"]);
    expect(session.diagnostics).toMatchObject({ malformed: 0, duplicatesDropped: 0, reconnects: {} });
  });

  test("compressed notifications are counted by their encoded and decoded size", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const stream = await acceptDiffs(server);
    await until(() => session.diagnostics.frames === 3, "the acknowledgement");
    const { bytes } = session.diagnostics;
    const encoder = new StreamEncoder();
    const texts = ["a", "b", "c"].map((signature) =>
      textOf(7, { ...(diff(100, signature) as object), padding: "x".repeat(5_000) }),
    );
    const frames = texts.map((text) => encoder.encode(text));
    stream.send(...frames, textOf(7, diff(101, "d")));
    await until(() => session.diagnostics.queueLength === 5, "all of it");
    const size = (parts: readonly { length: number }[]): number => parts.reduce((sum, { length }) => sum + length, 0);
    expect(session.diagnostics.decodedBytes).toBe(size(texts));
    expect(session.diagnostics.bytes - bytes).toBe(size(frames) + textOf(7, diff(101, "d")).length);
  });

  test("each connection has its own decoder for compressed notifications", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const first = await acceptDiffs(server);
    const encoder = new StreamEncoder();
    first.send(...["a", "b"].map((signature) => encoder.encode(textOf(7, diff(100, signature)))));
    await until(() => session.diagnostics.queueLength === 3, "what was sent");
    first.destroy();
    const second = await acceptDiffs(server);
    const anew = new StreamEncoder();
    second.send(...["a", "b", "c"].map((signature) => anew.encode(textOf(7, diff(100, signature)))));
    const events = (await take(session, 5)).map(brief);
    expect(events.filter((event) => event.startsWith("diff"))).toEqual(["diff a", "diff b", "diff c"]);
    expect(events).toContain("resumed accountDiff");
    expect(session.diagnostics).toMatchObject({ duplicatesDropped: 2, reconnects: { accountDiff: 1 }, malformed: 0 });
  });

  test("subscribeActions requests compressed notifications, and subscribeSlots does not", async () => {
    const { server, session } = await setUp();
    session.subscribeSlots();
    const slots = await server.subscription();
    expect(await slots.message()).toEqual({ jsonrpc: "2.0", id: 1, method: "slotSubscribe", params: [] });
    session.subscribeActions();
    const actions = await server.subscription();
    expect(await actions.message()).toMatchObject({ method: "actionSubscribe", params: [null, { compression: "zstd" }] });
    slots.acknowledge(1, 1);
    slots.notify("slotNotification", 1, { slot: 100, parent: 99, root: 68 });
    expect((await takeUntil(session, "slotUpdate")).at(-1)).toEqual({
      type: "slotUpdate",
      subscriptionId: "slot-1",
      slot: 100n,
      parent: 99n,
      root: 68n,
    });
  });

  test("with `compression: none`, a subscription does not request compressed notifications", async () => {
    const { server, session } = await setUp({ compression: "none" });
    session.subscribeAccountDiffs([PROGRAM]);
    const stream = await server.subscription();
    expect(await stream.accept("accountDiffSubscribe", 7)).toEqual({ filter: PROGRAM, config: { address_type: "program" } });
    await settle();
    // The client did not request compression. It cannot decode this frame, and reconnects.
    stream.send(new StreamEncoder().encode(textOf(7, diff(100, "a"))));
    const again = await acceptDiffs(server);
    again.send(textOf(7, diff(100, "a")));
    const events = await take(session, 4);
    expect(events.map(brief).toSorted()).toEqual(["diff a", "readyForContinue", "resumed accountDiff", "unrecognized"]);
    expect(session.diagnostics.malformed).toBe(1);
  });
});

describe("a frame that cannot be decoded", () => {
  test.each([
    ["that is not zstd", () => Uint8Array.of(1, 2, 3, 4)],
    ["with a flipped bit", (frame: Uint8Array) => frame.map((byte, index) => (index === 7 ? byte ^ 0x46 : byte))],
    ["that is cut", (frame: Uint8Array) => frame.subarray(0, frame.length - 4)],
    ["that decodes to more than the limit", () => zeros(65)],
  ])("an invalid compressed frame causes one reconnect, and no data is lost: a frame %s", async (_, spoil) => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const all = Array.from({ length: 6 }, (_, index) => textOf(7, diff(100 + Math.floor(index / 2), `d${index}`)));
    const first = await acceptDiffs(server);
    const encoder = new StreamEncoder();
    first.send(...all.slice(0, 3).map((text) => encoder.encode(text)));
    const spoilt = spoil(encoder.encode(all[3] as string));
    // The client must drop the frames after the damaged frame, and request their events again.
    first.send(spoilt, encoder.encode(all[4] as string), all[5]);
    await first.ended;
    const second = await server.subscription();
    const { config } = await second.accept("accountDiffSubscribe", 7);
    expect(config.replayFromSlot).toBe(101);
    const anew = new StreamEncoder();
    second.send(...all.slice(2).map((text) => anew.encode(text)), anew.encode(complete(7)));
    control.respond(3, "completed", {});
    const events = (await takeAll(session)).map(brief);
    expect(events.filter((event) => event.startsWith("diff"))).toEqual(all.map((_, index) => `diff d${index}`));
    expect(events.filter((event) => event === "unrecognized")).toHaveLength(1);
    expect(session.diagnostics).toMatchObject({ malformed: 1, duplicatesDropped: 1, reconnects: { accountDiff: 1 } });
    const reasons = Object.keys(session.diagnostics.losses.accountDiff ?? {});
    expect(reasons).toEqual([
      expect.stringMatching(new RegExp(`^a binary frame of ${spoilt.length} bytes could not be decoded: .`)),
    ]);
  });

  test("after a compressed frame is damaged twice at the same position, the client requests uncompressed text, and no data is lost", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const texts = ["a", "b", "c"].map((name, index) => textOf(7, diff(100 + index, name)));
    for (const _ of ["first", "second"]) {
      const stream = await server.subscription();
      const { config } = await stream.accept("accountDiffSubscribe", 7);
      expect(config.compression).toBe("zstd");
      const encoder = new StreamEncoder();
      stream.send(encoder.encode(texts[0] as string), encoder.encode(texts[1] as string).slice(0, -2));
      await stream.ended;
    }
    const third = await server.subscription();
    const { config } = await third.accept("accountDiffSubscribe", 7);
    expect(config).not.toHaveProperty("compression");
    third.send(...texts, complete(7));
    control.respond(3, "completed", {});
    const events = (await takeAll(session)).map(brief);
    expect(events.filter((event) => event.startsWith("diff"))).toEqual(["diff a", "diff b", "diff c"]);
    expect(session.diagnostics.reconnects).toEqual({ accountDiff: 2 });
  });

  test("a compressed frame that cannot be decoded during a handshake causes a reconnect", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const first = await server.subscription();
    const { id } = await first.expect("accountDiffSubscribe");
    first.send(Uint8Array.of(9, 9, 9));
    first.acknowledge(id, 7);
    await first.ended;
    (await acceptDiffs(server)).send(textOf(7, diff(100, "a")));
    expect((await takeUntil(session, "accountDiff")).map(brief).at(-1)).toBe("diff a");
    expect(session.diagnostics.malformed).toBe(1);
  });
});
