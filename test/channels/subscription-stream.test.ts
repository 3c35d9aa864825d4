import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SubscriptionChannel, type SubscriptionOptions, type SubscriptionSink } from "../../src/channels/subscription-channel.js";
import { StreamDecoder, StreamEncoder } from "../../src/codec/zstd.js";
import { ChannelSocket } from "../../src/connection/channel-socket.js";
import type { Socket } from "../../src/transport/socket.js";
import { OTHER_PROGRAM, PROGRAM, turn } from "../session/session-rig.js";
import { FakePlatform } from "../support/fake-platform.js";

const NOTIFICATION = "accountDiffNotification";
const FILTERS = [PROGRAM, OTHER_PROGRAM];

/** Creates a subscription channel without a network. Records what the channel delivers. */
function setUp(newDecoder: SubscriptionOptions["newDecoder"] = () => undefined, more: Partial<SubscriptionOptions> = {}) {
  const delivered: Record<string, string[]> = { [PROGRAM]: [], [OTHER_PROGRAM]: [] };
  const counts = { duplicates: 0, unrecognized: 0 };
  const gaps: { channel: string; expected: bigint; got: bigint }[] = [];
  const sink: SubscriptionSink = {
    handleNotification: (event, stream, _slot, key) => {
      expect(event.type).toBe("accountDiff");
      delivered[stream.filter]?.push(key);
    },
    handleDuplicate: () => {
      counts.duplicates++;
    },
    handleUnrecognized: () => {
      counts.unrecognized++;
    },
    handleDecoded: () => {},
    handleContinuity: (event) => {
      if (event.kind === "gap") gaps.push({ channel: event.channel, expected: event.expected, got: event.got });
    },
  };
  const channel = new SubscriptionChannel({
    id: "accountDiff-1",
    kind: "accountDiff",
    filters: FILTERS,
    handshakeMs: 1_000,
    validate: "cursor",
    newDecoder,
    target: () => ({ url: "ws://test" }),
    redact: (text) => text,
    sink,
    ...more,
  });
  return { channel, delivered, counts, gaps };
}

async function connect(channel: SubscriptionChannel) {
  const asked: { id: number; params: [string, { replayFromSlot?: number; compression?: string }] }[] = [];
  const socket: Socket = {
    send: (text) => {
      asked.push(JSON.parse(text));
      return true;
    },
    ping: undefined,
    pause: undefined,
    resume: undefined,
    close: () => {},
    terminate: () => {},
  };
  const channelSocket = new ChannelSocket(socket, new FakePlatform());
  const done = channel
    .handshake(channelSocket)
    .then(() => channel.run(channelSocket))
    .catch(() => {});
  // The channel sends its requests in a later turn of the event loop, because it may have to load code first.
  await turn();
  return { channelSocket, asked, done };
}

/** The events of one stream. Each event has the slot of the previous event or a later slot. Keys may repeat. */
const streams = fc
  .array(fc.record({ step: fc.nat({ max: 2 }), key: fc.constantFrom("a", "b", "c") }), { maxLength: 15 })
  .map((steps) => {
    let slot = 100;
    return steps.map(({ step, key }) => {
      slot += step;
      return { slot, key };
    });
  });

describe("a subscription's streams", () => {
  test("a subscription delivers every event once and in order, wherever connections are cut, and for any order of acknowledgements", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(streams, streams),
        fc.array(fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), replaysAll: fc.boolean() }), { maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        fc.boolean(),
        async (contents, cuts, chance, compresses) => {
          const { channel, delivered, gaps } = setUp(compresses ? () => new StreamDecoder() : undefined);
          const below = (limit: number): number => Number(chance.next().value) % limit;
          for (const { share, replaysAll } of [...cuts, { share: 1, replaysAll: false }]) {
            const { channelSocket, asked, done } = await connect(channel);
            const encoder = new StreamEncoder();
            expect(asked.map(({ params }) => params[1].compression)).toEqual(
              FILTERS.map(() => (compresses ? "zstd" : undefined)),
            );
            expect(asked.map(({ params }) => params[0])).toEqual(FILTERS);
            // The frames of the server for each subscription. The acknowledgement is at a random position among the notifications.
            const lanes = asked.map(({ id, params }, index) => {
              const from = replaysAll ? 0 : (params[1].replayFromSlot ?? 0);
              const subscription = 7 + index;
              const lane = contents[index]!.filter(({ slot }) => slot >= from).map(({ slot, key }) =>
                JSON.stringify({ method: NOTIFICATION, params: { subscription, result: { context: { slot }, account: key } } }),
              );
              lane.splice(below(lane.length + 1), 0, JSON.stringify({ id, result: subscription }));
              lane.push(JSON.stringify({ method: "subscriptionComplete", params: { subscription } }));
              return lane;
            });
            let left = Math.ceil(share * lanes.flat().length);
            while (left-- > 0) {
              const open = lanes.filter((lane) => lane.length > 0);
              const text = open[below(open.length)]!.shift() as string;
              // Acknowledgements are always text. The server may compress any other frame.
              const isCompressed = compresses && !text.startsWith('{"id"') && below(4) > 0;
              channelSocket.handleFrame(isCompressed ? encoder.encode(text) : text);
              if (below(3) === 0) await Promise.resolve();
            }
            await turn();
            channelSocket.handleLost("cut");
            if (share === 1) await done;
          }
          for (const [index, filter] of FILTERS.entries()) {
            expect(delivered[filter]).toEqual(contents[index]!.map(({ key }) => `${key}  `));
          }
          expect(gaps).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("a subscription delivers a notification even if arbitrary JSON frames arrive before it", async () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ method: fc.constantFrom(NOTIFICATION, "subscriptionComplete", "x"), params: fc.anything() })
        .map((value) => stringify(value)),
      fc
        .record(
          { context: fc.oneof(fc.anything(), fc.record({ slot: fc.anything() })), account: fc.anything(), pre: fc.anything() },
          { requiredKeys: [] },
        )
        .map((result) => stringify({ method: NOTIFICATION, params: { subscription: 7, result } })),
      fc
        .constantFrom("1e999", "-0", "18446744073709551616", "1e-7")
        .map(
          (number) =>
            `{"method":"${NOTIFICATION}","params":{"subscription":7,"result":{"context":{"slot":${number}},"tx_index":${number},"post":{"lamports":${number}}}}}`,
        ),
      fc.record({ id: fc.anything(), result: fc.anything() }).map((value) => stringify(value)),
      fc.record({ id: fc.anything(), error: fc.anything() }).map((value) => stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(texts.filter(isJson), { maxLength: 20 }), async (frames) => {
        const { channel, delivered } = setUp();
        const { channelSocket } = await connect(channel);
        channelSocket.handleFrame('{"id":1,"result":7}');
        channelSocket.handleFrame('{"id":2,"result":8}');
        await turn();
        for (const frame of frames) channelSocket.handleFrame(frame);
        // After these random frames, the subscription to `OTHER_PROGRAM` must still deliver the next event.
        const last = (account: string): string =>
          `{"method":"${NOTIFICATION}","params":{"subscription":8,"result":{"context":{"slot":18446744073709551615},"account":"${account}"}}}`;
        channelSocket.handleFrame(last("last"));
        // Bytes that cannot be decoded end the connection. Later frames are not read.
        channelSocket.handleFrame(new Uint8Array(3));
        channelSocket.handleFrame(last("behind"));
        expect(delivered[OTHER_PROGRAM]?.at(-1)).toBe("last  ");
      }),
      { numRuns: 200 },
    );
  });
});

const RANGE = { startSlot: 100n, endSlot: 200n };

/**
 * Creates a subscription with one filter. `run` connects, delivers the events, and ends the connection. The text "101a" is the
 * event `a` of slot 101.
 */
function singleStream(more: Partial<SubscriptionOptions> = {}) {
  const { channel, delivered, gaps, counts } = setUp(undefined, { filters: [PROGRAM], range: RANGE, ...more });
  const run = async (events: string[], end: "cut" | "complete" = "cut") => {
    const { channelSocket, asked, done } = await connect(channel);
    channelSocket.handleFrame('{"id":1,"result":7}');
    await turn();
    for (const event of events)
      channelSocket.handleFrame(event.startsWith("{") || event.startsWith("!") ? event : frameOf(event));
    if (end === "complete") channelSocket.handleFrame('{"method":"subscriptionComplete","params":{"subscription":7}}');
    await turn();
    if (end === "complete") await done;
    else channelSocket.handleLost("cut");
    await turn();
    return asked[0]?.params[1].replayFromSlot;
  };
  return { run, channel, delivered: delivered[PROGRAM] as string[], gaps, counts };
}

function frameOf(event: string): string {
  const [, slot, key] = /^(\d+)(.*)$/.exec(event) as unknown as [string, string, string];
  return `{"method":"${NOTIFICATION}","params":{"subscription":7,"result":{"context":{"slot":${slot}},"account":"${key}"}}}`;
}

const keysOf = (delivered: string[]): string => delivered.map((key) => key.trim()).join("");

describe("a gap of a subscription", () => {
  const gap = (expected: bigint, got: bigint) => ({ channel: "accountDiff", expected, got });

  test.each<[string, string[], ReturnType<typeof gap>[]]>([
    ["the first event is of a later slot", ["150x"], [gap(101n, 150n)]],
    ["an event of the last received slot is not replayed", ["101c", "102x"], [gap(101n, 102n)]],
    ["the last received slot is replayed", ["101b", "101c", "150x"], []],
    ["the last received slot is replayed in another order", ["101c", "101b", "150x"], []],
    ["new events of the last received slot arrive before the replay of this slot", ["101x", "101c", "101b", "102y"], []],
    ["the server replays its whole history", ["100a", "101b", "101c", "150x"], []],
    ["the replay of the whole history lacks the last received slot", ["100a", "150x"], [gap(101n, 150n)]],
    ["nothing arrives", [], []],
    ["no later slot has arrived yet", ["101b"], []],
  ])("after a reconnect, a subscription reports a gap only if events are missing: %s", async (_, events, gaps) => {
    const stream = singleStream();
    await stream.run(["100a", "101b", "101c"]);
    expect(await stream.run(events)).toBe(101);
    expect(stream.gaps).toEqual(gaps);
  });

  test("if a subscription has received two equal events and only one is replayed, the subscription reports a gap", async () => {
    const stream = singleStream();
    await stream.run(["101a", "101a"]);
    await stream.run(["101a", "102b"]);
    expect(stream.gaps).toEqual([gap(101n, 102n)]);
  });

  test("after a reconnect, a subscription reports a gap if the server ends the stream without replaying the last received slot", async () => {
    const stream = singleStream();
    await stream.run(["100a", "101b"]);
    await stream.run([], "complete");
    expect(stream.gaps).toEqual([gap(101n, 200n)]);
  });

  test("a subscription reports no gap at the end of its stream if the server has replayed the last received slot", async () => {
    const stream = singleStream();
    await stream.run(["100a", "101b"]);
    await stream.run(["101b"], "complete");
    expect(stream.gaps).toEqual([]);
  });

  test("a gap of a subscription is reported only once if the connection is lost several times", async () => {
    const stream = singleStream();
    await stream.run(["100a", "101b"]);
    await stream.run([]);
    await stream.run(["101c"]);
    await stream.run(["103d"]);
    await stream.run(["103d", "104e"]);
    expect(stream.gaps).toEqual([gap(101n, 103n)]);
    expect(keysOf(stream.delivered)).toBe("abcde");
  });

  test("a gap of a subscription is reported after a resume from a checkpoint", async () => {
    const stream = singleStream({ cursors: [{ slot: 101n, keys: ["a  ", "b  "] }] });
    expect(await stream.run(["101a  ".trim(), "120c"])).toBe(101);
    expect(stream.gaps).toEqual([gap(101n, 120n)]);
  });

  test("a gap of a subscription is not reported if nothing was received before the reconnect", async () => {
    const stream = singleStream();
    await stream.run([]);
    expect(await stream.run(["150x"])).toBeUndefined();
    expect(stream.gaps).toEqual([]);
  });

  test("a subscription reports gaps only if the server evicted events, and the gaps cover these events", async () => {
    const content = fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 15 }).map((steps) => {
      let slot = 100;
      return steps.map((step, index) => {
        slot += step;
        return { slot, text: `${slot}${String.fromCharCode(97 + index)}` };
      });
    });
    const connection = fc.record({ sent: fc.nat({ max: 15 }), evicted: fc.oneof(fc.constant(0), fc.nat({ max: 15 })) });
    await fc.assert(
      fc.asyncProperty(content, fc.array(connection, { maxLength: 4 }), async (events, connections) => {
        const stream = singleStream();
        let evicted = 0;
        let isEvictionVisible = false;
        for (const { sent, evicted: more } of [...connections, { sent: 99, evicted: 0 }]) {
          // A stream that has delivered no event cannot detect an eviction.
          if (stream.delivered.length > 0) evicted = Math.max(evicted, Math.min(more, events.length));
          const from = stream.channel.streams[0]?.received.slot ?? 0n;
          if (events.slice(0, evicted).some(({ slot }) => BigInt(slot) >= from)) isEvictionVisible = true;
          const replay = events.slice(evicted).filter(({ slot }) => BigInt(slot) >= from);
          await stream.run(
            replay.slice(0, sent).map(({ text }) => text),
            sent === 99 ? "complete" : "cut",
          );
        }
        const received = keysOf(stream.delivered);
        const lost = events.filter(({ text }) => !received.includes(text.slice(-1)));
        for (const { slot } of lost) {
          expect(stream.gaps.some(({ expected, got }) => expected <= BigInt(slot) && BigInt(slot) <= got)).toBe(true);
        }
        if (!isEvictionVisible) expect(stream.gaps).toEqual([]);
        expect(received).toBe([...received].sort().join(""));
      }),
      { numRuns: 300 },
    );
  });
});

describe("a notification for an impossible slot", () => {
  test.each(["201x", "99x", "18446744073709551615x", "0x"])(
    "a notification outside the session's range is unrecognized, and does not move the cursor: %s",
    async (event) => {
      const stream = singleStream();
      await stream.run(["100a", event, "102b"]);
      expect(keysOf(stream.delivered)).toBe("ab");
      expect(stream.counts).toEqual({ duplicates: 0, unrecognized: 1 });
      expect(await stream.run([])).toBe(102);
    },
  );

  test("a notification is reported as `unrecognized` if a higher slot has already arrived on the connection", async () => {
    const stream = singleStream();
    await stream.run(["101a", "105b", "103c", "105d"]);
    expect(keysOf(stream.delivered)).toBe("abd");
    expect(stream.counts).toEqual({ duplicates: 0, unrecognized: 1 });
  });

  test("after a reconnect, a subscription drops each notification for a slot before the last received slot", async () => {
    const stream = singleStream();
    await stream.run(["101a", "105b"]);
    await stream.run(["101a", "103c", "105b", "106d"]);
    expect(keysOf(stream.delivered)).toBe("abd");
    expect(stream.counts).toEqual({ duplicates: 3, unrecognized: 0 });
  });

  test("a notification for any slot is delivered if the session's range is unknown", async () => {
    const stream = singleStream({ range: undefined });
    await stream.run(["5a", "5000b"]);
    expect(keysOf(stream.delivered)).toBe("ab");
  });
});

describe("a damaged text frame of a subscription", () => {
  test("a damaged text frame of a subscription ends the connection, and the later frames are received on the next connection", async () => {
    const stream = singleStream();
    await stream.run(["100a", '{"method":', "102c"]);
    expect(await stream.run(["100a", "101b", "102c"])).toBe(100);
    expect(keysOf(stream.delivered)).toBe("abc");
    expect([stream.gaps, stream.counts.unrecognized]).toEqual([[], 0]);
  });

  test("if a text frame is damaged again after a reconnect, a subscription skips the frame and reports a gap", async () => {
    const stream = singleStream();
    await stream.run(["100a", "!!", "102c"]);
    await stream.run(["100a", "!!", "102c"]);
    expect(keysOf(stream.delivered)).toBe("ac");
    expect(stream.counts.unrecognized).toBe(1);
    expect(stream.gaps).toEqual([{ channel: "accountDiff", expected: 100n, got: 102n }]);
  });

  test("a second damaged text frame of a subscription, at another position, causes another reconnect", async () => {
    const stream = singleStream();
    await stream.run(["100a", "!!"]);
    await stream.run(["100a", "101b", "!!"]);
    await stream.run(["101b", "102c"]);
    expect(keysOf(stream.delivered)).toBe("abc");
    expect(stream.gaps).toEqual([]);
  });

  test("a damaged text frame of a subscription is skipped after several attempts, even if the damage is different each time", async () => {
    const stream = singleStream();
    await stream.run(["100a"]);
    for (let i = 0; i < 5; i++) await stream.run(["100a", `!${i}`]);
    await stream.run(["100a", "!!", "101b"]);
    await stream.run(["100a", "101b"]);
    expect(keysOf(stream.delivered)).toBe("ab");
  });
});

describe("notifications before their acknowledgement", () => {
  test("a connection attempt fails if too many notifications arrive before the acknowledgement of the subscription", async () => {
    const { channel } = setUp();
    const { channelSocket, done } = await connect(channel);
    for (let i = 0; i <= 10_000; i++) {
      channelSocket.handleFrame(`{"method":"${NOTIFICATION}","params":{"subscription":9,"result":{}}}`);
      if (i % 500 === 0) await turn();
    }
    await done;
    await turn();
    expect(channel.isComplete).toBe(false);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Returns the value as JSON, if it has a JSON form. */
function stringify(value: unknown): string {
  return JSON.stringify(value, (_, member) => (typeof member === "bigint" ? String(member) : member)) ?? "undefined";
}
