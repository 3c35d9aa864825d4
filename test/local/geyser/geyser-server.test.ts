import { randomBytes } from "node:crypto";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTcp } from "node:net";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { BacktestClient } from "../../../src/client/backtest-client.js";
import { encodeBase58 } from "../../../src/codec/base58.js";
import { encodeMessage } from "../../../src/codec/protobuf.js";
import { startLocalSimulator } from "../../../src/local/node/node-server.js";
import type { LocalServerOptions } from "../../../src/local/server/simulator-options.js";
import type { SubscribeRequestMessage } from "../../../src/protocol/geyser/geyser-messages.js";
import { SUBSCRIBE_REQUEST } from "../../../src/protocol/geyser/geyser-schema.js";
import type { StubMessage } from "../../geyser/geyser-stub.js";

const START = 2_000n;
const SLOTS = 10;

async function start(options: LocalServerOptions = {}) {
  const simulator = await startLocalSimulator({ startSlot: START, slots: SLOTS, geyserPort: 0, ...options });
  const client = new BacktestClient({ url: simulator.url, logger: false, ...(options.apiKey && { apiKey: options.apiKey }) });
  const session = await client.startSession({ startSlot: START, endSlot: START + BigInt(SLOTS) - 1n });
  const close = async (): Promise<void> => {
    await client.close();
    await simulator.close();
  };
  return { simulator, client, session, close, url: simulator.geyserUrl! };
}

type World = Awaited<ReturnType<typeof start>>;

const proto = loadSync(new URL("../../geyser/geyser-stub.proto", import.meta.url).pathname, {
  longs: String,
  oneofs: true,
  defaults: true,
});
const { Subscribe } = proto["geyser.Geyser"] as grpc.ServiceDefinition;

/** Subscribes with grpc-js, protobufjs and a proto file, and without the codec of this package. */
function subscribe({ url, session }: World, request: StubMessage, metadata: Record<string, string> = {}) {
  const client = new grpc.Client(new URL(url).host, grpc.credentials.createInsecure());
  const values = new grpc.Metadata();
  for (const [name, value] of Object.entries(metadata)) values.set(name, value);
  const isNamed = "x-backtest-session-id" in metadata;
  const path = isNamed ? Subscribe!.path : `/backtest/${session.info.sessionId}${Subscribe!.path}`;
  const call = client.makeBidiStreamRequest(path, Subscribe!.requestSerialize, Subscribe!.responseDeserialize, values);
  const updates: StubMessage[] = [];
  call.on("data", (update: StubMessage) => updates.push(update));
  const ended = new Promise<grpc.StatusObject>((resolve) => call.on("status", resolve));
  call.on("error", () => {});
  call.write(request);
  onTestFinished(() => client.close());
  const received = (find: (update: StubMessage) => boolean) =>
    expect.poll(() => updates.some(find), { timeout: 10_000 }).toBe(true);
  return { call, updates, ended, received };
}

/** Makes an HTTP/2 request with any headers and body. */
function request(url: string, headers: Record<string, string>, body?: Uint8Array): Promise<IncomingHttpHeaders> {
  const session = connect(url);
  onTestFinished(() => session.destroy());
  return new Promise((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request({ ":method": "POST", "content-type": "application/grpc", te: "trailers", ...headers });
    let answer: IncomingHttpHeaders = {};
    stream.on("response", (response) => {
      answer = { ...response };
    });
    stream.on("trailers", (trailers) => {
      answer = { ...answer, ...trailers };
    });
    stream.on("error", reject);
    stream.on("close", () => resolve(answer));
    stream.resume();
    stream.end(body);
  });
}

const frame = (message: Uint8Array, flag = 0, length = message.length): Uint8Array => {
  const framed = new Uint8Array(5 + message.length);
  framed[0] = flag;
  new DataView(framed.buffer).setUint32(1, length);
  framed.set(message, 5);
  return framed;
};
const encode = (message: SubscribeRequestMessage): Uint8Array => encodeMessage(SUBSCRIBE_REQUEST, message);

describe("the Yellowstone service of the local simulator", () => {
  let world: World;
  let finished: World;
  beforeAll(async () => {
    world = await start();
    finished = await start();
    // The session in `finished` runs to its end and stays open for the tests.
    const { session } = finished;
    await session.advance(5);
  });
  afterAll(async () => {
    await world.close();
    await finished.close();
  });
  const path = (of: World, method: string): Record<string, string> => ({
    ":path": `/backtest/${of.session.info.sessionId}/geyser.Geyser/${method}`,
  });

  it("the Geyser service accepts a call that names the session in its metadata", async () => {
    const { call, received } = subscribe(world, { ping: { id: 7 } }, { "x-backtest-session-id": world.session.info.sessionId });
    await received(({ pong }) => pong?.id === 7);
    call.cancel();
  });

  it("the Geyser service starts a stream at from_slot, or at the current slot without from_slot", async () => {
    const live = subscribe(finished, { blocksMeta: { all: {} } });
    live.call.write({ ping: { id: 1 } });
    await live.received(({ pong }) => pong !== null);
    expect(live.updates.filter(({ blockMeta }) => blockMeta)).toEqual([]);
    const replayed = subscribe(finished, { blocksMeta: { all: {} }, fromSlot: `${START + 2n}` });
    await replayed.received(({ blockMeta }) => blockMeta?.slot === `${START + 4n}`);
    expect(replayed.updates.flatMap(({ blockMeta }) => (blockMeta ? [blockMeta.slot] : []))).toEqual(["2002", "2003", "2004"]);
    live.call.cancel();
    replayed.call.cancel();
  });

  it("the Geyser service sends block metadata that matches the entries, the transaction statuses and the parent blocks", async () => {
    const all = { all: {} };
    const { call, updates, received } = subscribe(finished, {
      blocksMeta: all,
      entry: all,
      transactionsStatus: all,
      slots: { all: {}, one: { filterByCommitment: true } },
      commitment: 1,
      fromSlot: `${START}`,
    });
    await received(({ slot }) => slot?.slot === `${START + 4n}` && slot.status === 2);
    call.cancel();
    const metas = updates.flatMap(({ blockMeta }) => (blockMeta ? [blockMeta] : []));
    const statuses = updates.flatMap(({ transactionStatus }) => (transactionStatus ? [transactionStatus] : []));
    for (const [index, meta] of metas.entries()) {
      expect(Number(meta.executedTransactionCount)).toBe(statuses.filter(({ slot }) => slot === meta.slot).length);
      if (index > 0) {
        expect(meta.parentSlot).toBe(metas[index - 1]!.slot);
        expect(meta.parentBlockhash).toBe(metas[index - 1]!.blockhash);
      }
    }
    expect(updates.filter(({ entry }) => entry).map(({ entry }) => entry.executedTransactionCount)).toEqual(
      metas.map(({ executedTransactionCount }) => executedTransactionCount),
    );
    const named = updates.flatMap(({ filters, slot }) => (slot ? [`${slot.slot} ${slot.status} ${filters}`] : []));
    expect(named.slice(0, 3)).toEqual(["2000 0 all", "2000 1 all,one", "2000 2 all"]);
  });

  it("the Geyser service applies the filters of accounts and transactions", async () => {
    const fromSlot = `${START}`;
    const program = finished.simulator.programs[0]!;
    const every = subscribe(finished, { accounts: { all: {} }, transactions: { all: {} }, slots: { all: {} }, fromSlot });
    await every.received(({ slot }) => slot?.slot === `${START + 4n}`);
    every.call.cancel();
    const accounts = every.updates.flatMap(({ account }) => (account ? [account.account] : []));
    const transactions = every.updates.flatMap(({ transaction }) => (transaction ? [transaction.transaction] : []));
    const { pubkey, owner, data, lamports } = accounts.find((account) => account.data.length > 4)!;
    const address = encodeBase58(pubkey);
    const signature = encodeBase58(transactions[3]!.signature);
    const filtered = subscribe(finished, {
      accounts: {
        byAddress: { account: [address] },
        byOwner: { owner: [encodeBase58(owner)] },
        bySize: { filters: [{ datasize: `${data.length}` }] },
        byBytes: { filters: [{ memcmp: { offset: "0", bytes: data.subarray(0, 4) } }] },
        byLamports: { account: [address], filters: [{ lamports: { eq: lamports } }] },
        none: { account: [address], owner: [encodeBase58(randomBytes(32))] },
        withoutTransaction: { nonemptyTxnSignature: false },
      },
      transactions: {
        bySignature: { signature },
        failed: { failed: true },
        program: { accountInclude: [program] },
        excluded: { accountExclude: [program] },
        votes: { vote: true },
      },
      slots: { all: {} },
      accountsDataSlice: [
        { offset: "1", length: "2" },
        { offset: "0", length: "1" },
      ],
      fromSlot,
    });
    await filtered.received(({ slot }) => slot?.slot === `${START + 4n}`);
    filtered.call.cancel();
    const of = (name: string): StubMessage[] => filtered.updates.filter(({ filters }) => filters.includes(name));
    const count = (matches: (account: StubMessage) => boolean): number => accounts.filter(matches).length;
    expect(of("byAddress")).toHaveLength(count((other) => pubkey.equals(other.pubkey)));
    expect(of("byOwner")).toHaveLength(count((other) => owner.equals(other.owner)));
    expect(of("bySize")).toHaveLength(count((other) => other.data.length === data.length));
    expect(of("byBytes")).toHaveLength(
      count((other) => other.data.length >= 4 && data.subarray(0, 4).equals(other.data.subarray(0, 4))),
    );
    expect(of("byLamports").length).toBeGreaterThan(0);
    expect([...of("none"), ...of("withoutTransaction"), ...of("votes")]).toEqual([]);
    expect(of("byAddress")[0]!.account.account.data).toEqual(Buffer.from([...data.subarray(1, 3), ...data.subarray(0, 1)]));
    expect(of("bySignature")).toHaveLength(1);
    expect(of("failed")).toHaveLength(transactions.filter(({ meta }) => meta.err !== null).length);
    expect(of("program").length + of("excluded").length).toBe(transactions.length);
  });

  it.each([
    ["an invalid address", { accounts: { a: { owner: ["x"] } } }, grpc.status.INVALID_ARGUMENT],
    ["full blocks", { blocks: { all: {} } }, grpc.status.UNIMPLEMENTED],
    ["an unknown commitment", { commitment: 9 }, grpc.status.INVALID_ARGUMENT],
    ["an empty condition for accounts", { accounts: { a: { filters: [{}] } } }, grpc.status.INVALID_ARGUMENT],
    ["a memcmp condition without data", { accounts: { a: { filters: [{ memcmp: {} }] } } }, grpc.status.INVALID_ARGUMENT],
    [
      "too many filters",
      { entry: Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`f${index}`, {}])) },
      grpc.status.INVALID_ARGUMENT,
    ],
  ])("the Geyser service refuses %s", async (_, message, code) => {
    const { ended } = subscribe(world, message);
    expect(await ended).toMatchObject({ code });
  });

  it("the Geyser service refuses unknown sessions and methods, other content types, and foreign origins and hosts", async () => {
    const unknown = { ":path": `/backtest/backtest_${"f".repeat(32)}/geyser.Geyser/Subscribe` };
    expect(await request(world.url, unknown)).toMatchObject({ "grpc-status": "5", "grpc-message": "no%20such%20session" });
    expect(await request(world.url, { ":path": "/" })).toMatchObject({ "grpc-status": "5" });
    expect(await request(world.url, path(world, "Nonsense"))).toMatchObject({ "grpc-status": "12" });
    const subscribePath = path(world, "Subscribe");
    expect(await request(world.url, { ...subscribePath, "content-type": "application/json" })).toMatchObject({ ":status": 415 });
    expect(await request(world.url, { ...subscribePath, origin: "https://evil.example" })).toMatchObject({ ":status": 403 });
    expect(await request(world.url, { ...subscribePath, ":authority": "evil.example" })).toMatchObject({ ":status": 403 });
    expect(await request(world.url, path(world, "GetVersion"), frame(new Uint8Array()))).toMatchObject({ "grpc-status": "0" });
  });

  it("the Geyser service refuses a wrong token, and accepts the right token or a missing token", async () => {
    const own = await start({ apiKey: "right-key" });
    onTestFinished(own.close);
    expect(await request(own.url, { ...path(own, "GetVersion"), "x-token": "wrong" })).toMatchObject({ "grpc-status": "16" });
    expect(await request(own.url, { ...path(own, "GetVersion"), "x-api-key": "wrong" })).toMatchObject({ "grpc-status": "16" });
    expect(await request(own.url, { ...path(own, "GetVersion"), "x-token": "right-key" })).toMatchObject({ "grpc-status": "0" });
    expect(await request(own.url, path(own, "GetVersion"))).toMatchObject({ "grpc-status": "0" });
  });

  it.each([
    ["a message that cannot be decoded", frame(Uint8Array.of(0x0a, 0xff)), "3"],
    ["a compressed message", frame(encode({ ping: { id: 1 } }), 1), "8"],
    ["a message that announces 4 GiB", frame(new Uint8Array(), 0, 0xffff_ffff), "8"],
  ])("the Geyser service ends a call that sends %s", async (_, body, status) => {
    expect(await request(world.url, path(world, "Subscribe"), body)).toMatchObject({ "grpc-status": status });
  });

  it("the Geyser service keeps running after bytes that are not HTTP/2, and after cut connections", async () => {
    const { port, hostname } = new URL(world.url);
    for (const bytes of [
      randomBytes(200),
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff"),
    ]) {
      const socket = connectTcp(Number(port), hostname);
      await new Promise<void>((resolve) => {
        socket.on("error", () => resolve());
        socket.on("close", () => resolve());
        socket.write(bytes, () => socket.end());
        socket.resume();
      });
    }
    expect(await request(world.url, path(world, "GetVersion"), frame(new Uint8Array()))).toMatchObject({ "grpc-status": "0" });
  });

  it("the Geyser service buffers a limited amount for a client that does not read", async () => {
    const own = await start({ slots: SLOTS, transactionsPerSlot: 300 });
    onTestFinished(own.close);
    const { call, updates } = subscribe(own, { accounts: { all: {} }, transactions: { all: {} } });
    call.pause();
    call.write({ ping: { id: 1 } });
    await own.session.advance(SLOTS - 1);
    const { record } = own.simulator;
    const sent = record.sessions[0]!.notificationsSent;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(record.sessions[0]!.notificationsSent).toBe(sent);
    expect(sent).toBeGreaterThan(100);
    expect(sent).toBeLessThan(6_000);
    call.resume();
    await expect.poll(() => updates.length, { timeout: 15_000 }).toBeGreaterThan(sent);
  });

  it("the Geyser service ends the call with OK when the session has ended and all updates were sent", async () => {
    const own = await start();
    onTestFinished(own.close);
    const { ended, updates } = subscribe(own, { blocksMeta: { all: {} }, fromSlot: `${START}` });
    for await (const _ of own.session.run());
    expect(await ended).toMatchObject({ code: grpc.status.OK });
    expect(updates.filter(({ blockMeta }) => blockMeta)).toHaveLength(SLOTS);
  });

  it("the Geyser service starts only if geyserPort is a free port", async () => {
    const own = await start();
    await own.close();
    const again = await startLocalSimulator({ geyserPort: Number(new URL(own.url).port) });
    await expect(startLocalSimulator({ geyserPort: Number(new URL(again.geyserUrl!).port) })).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("cannot start the Geyser service"),
    });
    await again.close();
    const without = await startLocalSimulator();
    expect(without.geyserUrl).toBeUndefined();
    await without.close();
    await expect(startLocalSimulator({ geyserPort: 70_000 })).rejects.toMatchObject({
      code: "invalidParams",
      field: "geyserPort",
    });
  });
});
