import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SubscriptionChannel, type SubscriptionOptions, type SubscriptionSink } from "../../src/channels/subscription-channel.js";
import { StreamDecoder, StreamEncoder } from "../../src/codec/zstd.js";
import { ChannelSocket } from "../../src/connection/channel-socket.js";
// Loaded when a kind asks for it: here it must be there by the next turn.
import "../../src/protocol/account-diff-layout.js";
import type { Socket } from "../../src/transport/socket.js";
import { OTHER_PROGRAM, PROGRAM, turn } from "../session/session-rig.js";
import { FakePlatform } from "../support/fake-platform.js";

const NOTIFICATION = "accountDiffNotification";
const FILTERS = [PROGRAM, OTHER_PROGRAM];

/** A channel without a network: what it asks for, and what it hands on. */
function setUp(newDecoder: SubscriptionOptions["newDecoder"] = () => undefined) {
  const delivered: Record<string, string[]> = { [PROGRAM]: [], [OTHER_PROGRAM]: [] };
  const counts = { repetitions: 0, unrecognized: 0 };
  const sink: SubscriptionSink = {
    handleNotification: (event, stream, _slot, key) => {
      expect(event.type).toBe("accountDiff");
      delivered[stream.filter]?.push(key);
    },
    handleRepetition: () => {
      counts.repetitions++;
    },
    handleUnrecognized: () => {
      counts.unrecognized++;
    },
    handleDecoded: () => {},
    handleContinuity: () => {},
  };
  const channel = new SubscriptionChannel({
    id: "accountDiff-1",
    kind: "accountDiff",
    filters: FILTERS,
    handshakeMs: 1_000,
    validate: "cursor",
    newDecoder,
    target: () => ({ url: "ws://test" }),
    sink,
  });
  return { channel, delivered, counts };
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
  // Its kind and its decoder are asked for first: they may have to be loaded.
  await turn();
  return { channelSocket, asked, done };
}

/** Each step is a slot, or the same slot again, and a key that need not be its own. */
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
  test("come whole, once and in order, whatever the connections, the acknowledgements' order and what is mixed between", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(streams, streams),
        fc.array(fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), replaysAll: fc.boolean() }), { maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        fc.boolean(),
        async (contents, cuts, chance, compresses) => {
          const { channel, delivered } = setUp(compresses ? () => new StreamDecoder() : undefined);
          const below = (limit: number): number => Number(chance.next().value) % limit;
          for (const { share, replaysAll } of [...cuts, { share: 1, replaysAll: false }]) {
            const { channelSocket, asked, done } = await connect(channel);
            const encoder = new StreamEncoder();
            expect(asked.map(({ params }) => params[1].compression)).toEqual(
              FILTERS.map(() => (compresses ? "zstd" : undefined)),
            );
            expect(asked.map(({ params }) => params[0])).toEqual(FILTERS);
            // What the server has to say: of each subscription, its acknowledgement somewhere among its notifications.
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
              // Acknowledgements are text; of the rest the server compresses what it likes.
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
        },
      ),
      { numRuns: 150 },
    );
  });

  test("survive any JSON", async () => {
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
        // Of the other subscription, whose cursor none of them can have moved.
        const last = (account: string): string =>
          `{"method":"${NOTIFICATION}","params":{"subscription":8,"result":{"context":{"slot":18446744073709551615},"account":"${account}"}}}`;
        channelSocket.handleFrame(last("last"));
        // Bytes that nobody can decode cost the connection: what comes behind them is not taken.
        channelSocket.handleFrame(new Uint8Array(3));
        channelSocket.handleFrame(last("behind"));
        expect(delivered[OTHER_PROGRAM]?.at(-1)).toBe("last  ");
      }),
      { numRuns: 200 },
    );
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

/** As JSON, where the value has any. */
function stringify(value: unknown): string {
  return JSON.stringify(value, (_, member) => (typeof member === "bigint" ? String(member) : member)) ?? "undefined";
}
