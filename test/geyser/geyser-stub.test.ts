import { randomBytes } from "node:crypto";
import { status as codes } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import type { BacktestClientOptions } from "../../src/client/client-options.js";
import { encodeBase58 } from "../../src/codec/base58.js";
import { type GeyserEvent, type GeyserFilters, type GeyserOptions, subscribeGeyser } from "../../src/geyser/index.js";
import { startLocalSimulator } from "../../src/local/node/node-server.js";
import { type StubMessage, startGeyserStub } from "./geyser-stub.js";

const START = 1_000n;
const SLOTS = 20;
const U64_MAX = "18446744073709551615";

async function start(clientOptions: Partial<BacktestClientOptions> = {}) {
  const simulator = await startLocalSimulator({ startSlot: START, slots: SLOTS });
  const stub = await startGeyserStub();
  const client = new BacktestClient({
    url: simulator.url,
    logger: false,
    reconnect: { initialBackoffMs: 1, maxBackoffMs: 2 },
    ...clientOptions,
  });
  onTestFinished(async () => {
    await client.close();
    await simulator.close();
  });
  const session = await client.startSession({ startSlot: START, endSlot: START + BigInt(SLOTS) - 1n });
  stub.serve(session.info.sessionId);
  const open = (filters: GeyserFilters = { slots: { all: {} } }, options: GeyserOptions = {}) =>
    subscribeGeyser(session, filters, { url: stub.url, ...options });
  return { stub, session, open, client, simulator };
}

type Stream = ReturnType<typeof subscribeGeyser>;

/** Returns a function that reads the next events of a stream. */
function reader(stream: Stream): (count: number) => Promise<GeyserEvent[]> {
  const iterator = stream[Symbol.asyncIterator]();
  return async (count) => {
    const events: GeyserEvent[] = [];
    while (events.length < count) {
      const { done, value } = await iterator.next();
      if (done) break;
      events.push(value);
    }
    return events;
  };
}

const blockMeta = (slot: number | bigint): StubMessage => ({
  filters: ["all"],
  blockMeta: { slot: `${slot}`, blockhash: `hash ${slot}` },
});
const account = (slot: number, key: Uint8Array, signature: Uint8Array): StubMessage => ({
  filters: ["all"],
  account: { slot: `${slot}`, account: { pubkey: key, owner: key, txnSignature: signature, lamports: "1" } },
});

/** Returns the slots of all events that have a slot. */
const slotsOf = (events: GeyserEvent[]): number[] => events.flatMap((event) => ("slot" in event ? [Number(event.slot)] : []));

describe("a Geyser stream from a server written from the public proto", () => {
  it("a Geyser stream sends its filters with the field numbers and types of Yellowstone's proto file", async () => {
    const { stub, open } = await start();
    const [a, b] = [encodeBase58(randomBytes(32)), encodeBase58(randomBytes(32))];
    const signature = encodeBase58(randomBytes(64));
    open(
      {
        accounts: {
          one: { account: [a], owner: [b], nonemptyTxnSignature: true },
          two: {
            filters: [
              { memcmp: { offset: 2n ** 64n - 1n, bytes: Uint8Array.of(1, 2) } },
              { datasize: 165 },
              { tokenAccountState: true },
              { lamports: { gt: 2n ** 64n - 1n } },
            ],
          },
        },
        slots: { s: { filterByCommitment: true, interslotUpdates: false } },
        transactions: {
          t: { vote: false, failed: true, signature, accountInclude: [a], accountExclude: [b], accountRequired: [a] },
        },
        transactionsStatus: { u: {} },
        blocksMeta: { m: {} },
        entry: { e: {} },
      },
      { commitment: "finalized", accountsDataSlice: [{ offset: 8, length: 2n ** 64n - 1n }], fromSlot: 1_005n },
    );
    const request = await (await stub.call()).accept();
    expect(request).toMatchObject({
      accounts: {
        one: { account: [a], owner: [b], nonemptyTxnSignature: true, filters: [] },
        two: {
          account: [],
          filters: [
            { memcmp: { offset: U64_MAX, bytes: Buffer.from([1, 2]) } },
            { datasize: "165" },
            { tokenAccountState: true },
            { lamports: { gt: U64_MAX } },
          ],
        },
      },
      slots: { s: { filterByCommitment: true, interslotUpdates: false } },
      transactions: {
        t: { vote: false, failed: true, signature, accountInclude: [a], accountExclude: [b], accountRequired: [a] },
      },
      transactionsStatus: { u: {} },
      blocks: {},
      blocksMeta: { m: {} },
      entry: { e: {} },
      commitment: 2,
      accountsDataSlice: [{ offset: "8", length: U64_MAX }],
      fromSlot: "1005",
    });
    expect(request).not.toHaveProperty("ping");
  });

  it("a Geyser stream delivers every kind of update with exact 64-bit integers, and skips unknown fields", async () => {
    const { stub, open } = await start();
    const stream = open();
    const next = reader(stream);
    const call = await stub.call();
    await call.accept();
    const [key, owner, signature] = [randomBytes(32), randomBytes(32), randomBytes(64)];
    const err = { err: Uint8Array.of(8, 0, 0, 0, 2, 25, 0, 0, 0, 1, 0, 0, 0) };
    const big = "9007199254740993";
    call.send({
      filters: ["a", "b"],
      future: "a newer server",
      createdAt: { seconds: "1", nanos: 2 },
      account: {
        slot: "1000",
        bankId: "7",
        account: {
          pubkey: key,
          lamports: U64_MAX,
          owner,
          rentEpoch: U64_MAX,
          data: Uint8Array.of(9),
          writeVersion: big,
          txnSignature: signature,
        },
      },
    });
    call.send({
      filters: ["t"],
      transaction: {
        slot: "1000",
        transaction: {
          signature,
          index: big,
          transaction: {
            signatures: [signature],
            message: {
              header: { numRequiredSignatures: 1 },
              accountKeys: [key, owner],
              recentBlockhash: key,
              instructions: [{ programIdIndex: 1, accounts: Uint8Array.of(0, 1), data: Uint8Array.of(5) }],
              versioned: true,
              addressTableLookups: [{ accountKey: owner, writableIndexes: Uint8Array.of(3), readonlyIndexes: Uint8Array.of(4) }],
            },
          },
          meta: {
            err,
            fee: big,
            preBalances: [U64_MAX, "0"],
            postBalances: ["1"],
            innerInstructions: [{ index: 0, instructions: [{ programIdIndex: 1, data: Uint8Array.of(1), stackHeight: 2 }] }],
            logMessages: ["Program log: é"],
            preTokenBalances: [
              {
                accountIndex: 1,
                mint: "m",
                uiTokenAmount: { uiAmount: 1.5, decimals: 6, amount: "1500000", uiAmountString: "1.5" },
              },
            ],
            rewards: [{ pubkey: "p", lamports: "-9007199254740993", postBalance: U64_MAX, rewardType: 1 }],
            loadedWritableAddresses: [key],
            returnData: { programId: owner, data: Uint8Array.of(7) },
            computeUnitsConsumed: big,
          },
        },
      },
    });
    call.send({ filters: ["u"], transactionStatus: { slot: "1000", signature, index: "3", err } });
    call.send({
      filters: ["e"],
      entry: {
        slot: "1000",
        index: big,
        numHashes: "1",
        hash: key,
        executedTransactionCount: "4",
        startingTransactionIndex: "5",
      },
    });
    call.send({
      filters: ["m"],
      blockMeta: {
        slot: "1000",
        blockhash: "h",
        rewards: { rewards: [{ pubkey: "p", lamports: "-1" }] },
        blockTime: { timestamp: "-5" },
        blockHeight: { blockHeight: big },
        parentSlot: "999",
        parentBlockhash: "i",
        executedTransactionCount: "2",
        entriesCount: "1",
      },
    });
    call.send({ filters: ["s"], slot: { slot: "1000", parent: "999", status: 6, deadError: "no" } });
    const events = await next(6);
    const common = { subscriptionId: "geyser-1", slot: 1_000n };
    const text = { key: encodeBase58(key), owner: encodeBase58(owner), signature: encodeBase58(signature) };
    const exact = 9_007_199_254_740_993n;
    const expectedErr = { InstructionError: [2, { Custom: 1 }] };
    expect(events).toEqual([
      {
        type: "account",
        ...common,
        filters: ["a", "b"],
        isStartup: false,
        account: {
          address: text.key,
          lamports: 2n ** 64n - 1n,
          owner: text.owner,
          executable: false,
          rentEpoch: 2n ** 64n - 1n,
          data: Uint8Array.of(9),
          writeVersion: exact,
          signature: text.signature,
        },
      },
      {
        type: "transaction",
        ...common,
        filters: ["t"],
        transaction: {
          signature: text.signature,
          isVote: false,
          signatures: [text.signature],
          index: exact,
          message: {
            header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 0 },
            accountKeys: [text.key, text.owner],
            recentBlockhash: text.key,
            instructions: [{ programIdIndex: 1, accounts: Uint8Array.of(0, 1), data: Uint8Array.of(5) }],
            versioned: true,
            addressTableLookups: [
              { accountKey: text.owner, writableIndexes: Uint8Array.of(3), readonlyIndexes: Uint8Array.of(4) },
            ],
          },
          meta: {
            err: expectedErr,
            fee: exact,
            preBalances: [2n ** 64n - 1n, 0n],
            postBalances: [1n],
            innerInstructions: [
              {
                index: 0,
                instructions: [{ programIdIndex: 1, accounts: new Uint8Array(), data: Uint8Array.of(1), stackHeight: 2 }],
              },
            ],
            logMessages: ["Program log: é"],
            preTokenBalances: [
              {
                accountIndex: 1,
                mint: "m",
                owner: "",
                programId: "",
                uiTokenAmount: { uiAmount: 1.5, decimals: 6, amount: "1500000", uiAmountString: "1.5" },
              },
            ],
            postTokenBalances: [],
            rewards: [{ pubkey: "p", lamports: -exact, postBalance: 2n ** 64n - 1n, rewardType: 1, commission: "" }],
            loadedWritableAddresses: [text.key],
            loadedReadonlyAddresses: [],
            returnData: { programId: text.owner, data: Uint8Array.of(7) },
            computeUnitsConsumed: exact,
          },
        },
      },
      {
        type: "transactionStatus",
        ...common,
        filters: ["u"],
        signature: text.signature,
        isVote: false,
        index: 3n,
        err: expectedErr,
      },
      {
        type: "entry",
        ...common,
        filters: ["e"],
        index: exact,
        numHashes: 1n,
        hash: text.key,
        executedTransactionCount: 4n,
        startingTransactionIndex: 5n,
      },
      {
        type: "blockMeta",
        ...common,
        filters: ["m"],
        blockhash: "h",
        rewards: [{ pubkey: "p", lamports: -1n, postBalance: 0n, rewardType: 0, commission: "" }],
        blockTime: -5n,
        blockHeight: exact,
        parentSlot: 999n,
        parentBlockhash: "i",
        executedTransactionCount: 2n,
        entriesCount: 1n,
      },
      { type: "slot", ...common, filters: ["s"], parent: 999n, status: "dead", deadError: "no" },
    ]);
    expect(stream.position).toBe(1_000n);
  });

  it("a Geyser stream answers the pings of the server", async () => {
    const { stub, open } = await start();
    open();
    const call = await stub.call();
    await call.accept();
    call.send({ ping: {} });
    expect(await call.request()).toMatchObject({ ping: { id: 1 } });
  });

  it("a Geyser stream is ready after the first update, even if the server does not answer pings", async () => {
    const { stub, open } = await start();
    const stream = open();
    const call = await stub.call();
    await call.request();
    call.send(blockMeta(1_000));
    await stream.ready;
  });

  it("after a lost connection, a Geyser stream resumes, and delivers each update once and in order", async () => {
    const { stub, open, session } = await start();
    const next = reader(open());
    const first = await stub.call();
    expect((await first.accept()).fromSlot).toBe("1000");
    const [a, b, c] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const [x, y, z] = [randomBytes(64), randomBytes(64), randomBytes(64)];
    for (const update of [blockMeta(1_000), account(1_001, a, x), account(1_001, b, x), account(1_001, a, y)]) first.send(update);
    const before = await next(4);
    first.fail(codes.UNAVAILABLE, "a redeploy");
    const second = await stub.call();
    expect((await second.accept()).fromSlot).toBe("1000");
    // After the reconnect, the server replays the updates in a different order.
    for (const update of [blockMeta(1_000), account(1_001, a, y), account(1_001, a, x), account(1_001, b, x)])
      second.send(update);
    for (const update of [account(1_001, c, z), blockMeta(1_001), account(1_002, a, z)]) second.send(update);
    const after = await next(4);
    expect(slotsOf(before)).toEqual([1_000, 1_001, 1_001, 1_001]);
    expect(after[0]).toEqual({
      type: "continuity",
      channel: "geyser",
      subscriptionId: "geyser-1",
      kind: "resumed",
      after: 1_001n,
    });
    expect(slotsOf(after)).toEqual([1_001, 1_001, 1_002]);
    expect(session.diagnostics.duplicatesDropped).toBe(4);
    expect(session.diagnostics.reconnects).toEqual({ geyser: 1 });
  });

  it("after a lost connection, a Geyser stream with processed and finalized slots continues at the last finalized slot", async () => {
    const { stub, open } = await start();
    const next = reader(open());
    const status = (slot: number, status: number): StubMessage => ({ filters: ["all"], slot: { slot: `${slot}`, status } });
    const first = await stub.call();
    await first.accept();
    for (const update of [status(1_000, 0), status(1_001, 0), status(1_000, 2), status(1_002, 0), status(1_003, 0)])
      first.send(update);
    await next(5);
    first.fail(codes.UNAVAILABLE, "");
    const second = await stub.call();
    expect((await second.accept()).fromSlot).toBe("1000");
    for (const update of [status(1_000, 0), status(1_001, 0), status(1_000, 2), status(1_002, 0), status(1_001, 2)])
      second.send(update);
    for (const update of [status(1_003, 0), status(1_004, 0)]) second.send(update);
    const events = await next(3);
    expect(events.flatMap((event) => (event.type === "slot" ? [`${event.slot} ${event.status}`] : []))).toEqual([
      "1001 finalized",
      "1004 processed",
    ]);
  });

  it.each([
    ["Yellowstone", codes.OUT_OF_RANGE, "broadcast from 1003 is not available, last available: 1006"],
    ["an older Yellowstone", codes.INTERNAL, "broadcast from 1003 is not available, last available: 1006"],
    ["another server", codes.INVALID_ARGUMENT, "first available slot: 1006"],
  ])(
    "after a reconnect, a Geyser stream reports a gap and continues if %s no longer has the requested slot",
    async (_, code, details) => {
      const { stub, open } = await start();
      const next = reader(open());
      const first = await stub.call();
      await first.accept();
      first.send(blockMeta(1_003));
      await next(1);
      first.fail(codes.UNAVAILABLE, "");
      const second = await stub.call();
      expect((await second.request()).fromSlot).toBe("1003");
      second.fail(code, details);
      const third = await stub.call();
      expect((await third.accept()).fromSlot).toBe("1006");
      third.send(blockMeta(1_007));
      const events = await next(3);
      expect(events.map((event) => (event.type === "continuity" ? event.kind : event.type))).toEqual([
        "resumed",
        "gap",
        "blockMeta",
      ]);
      expect(events[1]).toEqual({
        type: "continuity",
        kind: "gap",
        channel: "geyser",
        subscriptionId: "geyser-1",
        expected: 1_003n,
        got: 1_007n,
      });
    },
  );

  it("after a reconnect, a Geyser stream reports a gap if the server replays from a later slot than requested", async () => {
    const { stub, open } = await start();
    const next = reader(open());
    const first = await stub.call();
    await first.accept();
    first.send(blockMeta(1_003));
    await next(1);
    first.fail(codes.UNAVAILABLE, "");
    const second = await stub.call();
    await second.accept();
    second.send(blockMeta(1_005));
    const events = await next(3);
    expect(events[1]).toMatchObject({ kind: "gap", expected: 1_003n, got: 1_005n });
  });

  it("if the server does not support from_slot, a Geyser stream omits from_slot and reports a gap after a reconnect", async () => {
    const { stub, open } = await start();
    const next = reader(open());
    const first = await stub.call();
    await first.request();
    first.fail(codes.INTERNAL, "from_slot is not supported");
    const second = await stub.call();
    expect((await second.accept()).fromSlot).toBeUndefined();
    second.send(blockMeta(1_000));
    expect(slotsOf(await next(1))).toEqual([1_000]);
    second.fail(codes.UNAVAILABLE, "");
    const third = await stub.call();
    expect((await third.accept()).fromSlot).toBeUndefined();
    third.send(blockMeta(1_004));
    expect((await next(3))[1]).toMatchObject({ kind: "gap", expected: 1_000n, got: 1_004n });
  });

  it("a Geyser stream fails if the server cannot replay from the slot that the user has chosen", async () => {
    const { stub, open } = await start();
    const stream = open({ slots: { all: {} } }, { fromSlot: 1_005 });
    const call = await stub.call();
    await call.request();
    call.fail(codes.INTERNAL, "from_slot is not supported");
    await expect(reader(stream)(1)).rejects.toMatchObject({
      code: "subscriptionFailed",
      message: expect.stringContaining("from_slot"),
    });
    expect(await stream.closed).toMatchObject({ reason: "failed" });
  });

  it("a Geyser stream reconnects after a damaged message, and loses no update", async () => {
    const { stub, open } = await start();
    const next = reader(open());
    const first = await stub.call();
    await first.accept();
    first.send(blockMeta(1_000));
    first.sendBytes(Uint8Array.of(0x0a, 0xff));
    const second = await stub.call();
    await second.accept();
    for (const slot of [1_000, 1_001]) second.send(blockMeta(slot));
    const events = await next(3);
    expect(slotsOf(events)).toEqual([1_000, 1_001]);
    expect(events[1]).toMatchObject({ kind: "resumed" });
  });

  it("a Geyser stream skips a message that is damaged twice at the same position, and reports the message and a gap", async () => {
    const { stub, open } = await start();
    const next = reader(open());
    for (const _ of [1, 2]) {
      const call = await stub.call();
      await call.accept();
      call.send(blockMeta(1_000));
      call.sendBytes(Uint8Array.of(0x0a, 0xff));
      call.send(blockMeta(1_001));
    }
    const events = await next(5);
    expect(events.map((event) => (event.type === "continuity" ? event.kind : event.type))).toEqual([
      "blockMeta",
      "resumed",
      "unrecognized",
      "gap",
      "blockMeta",
    ]);
    expect(events[3]).toMatchObject({ expected: 1_000n, got: 1_001n });
  });

  it("a Geyser stream reports an update of an unknown kind or with an impossible slot, and continues", async () => {
    const { stub, open } = await start();
    const next = reader(open());
    const call = await stub.call();
    await call.accept();
    for (const update of [
      { blockFooter: {} },
      { block: {} },
      { account: {} },
      blockMeta(5_000),
      blockMeta(1_001),
      blockMeta(1_000),
    ]) {
      call.send(update);
    }
    call.send(blockMeta(1_002));
    const events = await next(7);
    expect(events.map((event) => (event.type === "unrecognized" ? event.reason : event.type))).toEqual([
      "this version does not support this kind of update",
      "this version does not support this kind of update",
      "this version does not support this kind of update",
      "slot 5000 is outside the session's range 1000 to 1019",
      "blockMeta",
      "slot 1000 is behind an earlier notification of the same subscription",
      "blockMeta",
    ]);
  });

  it.each([
    [codes.INVALID_ARGUMENT, "subscriptionFailed"],
    [codes.UNAUTHENTICATED, "unauthorized"],
    [codes.PERMISSION_DENIED, "unauthorized"],
    [codes.UNIMPLEMENTED, "unsupported"],
  ])("a Geyser stream fails without a retry if its first request is refused with the status %i", async (code, cause) => {
    const { stub, open, session } = await start({ apiKey: "secret-key-1234" });
    const stream = open({ slots: { all: {} } }, { token: "secret-token-5678" });
    const call = await stub.call();
    await call.request();
    call.fail(code, "refused: secret-token-5678 secret-key-1234");
    const error = await stream.ready.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "subscriptionFailed" });
    expect((error as Error).message).toContain(`gRPC status ${code}: refused: [redacted] [redacted]`);
    const ended = await stream.closed;
    expect(ended.reason).toBe("failed");
    const texts = [
      ended.error?.message,
      (ended.error?.cause as Error | undefined)?.message,
      stream.connection,
      session.diagnostics,
    ];
    expect(JSON.stringify(texts)).not.toContain("secret");
    if (cause !== "subscriptionFailed") expect(ended.error?.cause).toMatchObject({ code: cause });
    expect(session.connection).toEqual({ state: "up" });
  });

  it("a Geyser stream retries if the server refuses a reconnect", async () => {
    const { stub, open } = await start();
    const next = reader(open());
    const first = await stub.call();
    await first.accept();
    first.fail(codes.UNAVAILABLE, "");
    const second = await stub.call();
    second.fail(codes.UNAUTHENTICATED, "not yet");
    const third = await stub.call();
    await third.accept();
    third.send(blockMeta(1_000));
    expect(slotsOf(await next(2))).toEqual([1_000]);
  });

  it("a Geyser stream to an origin other than the client's `url` sends the option `token`, but not the client's API key", async () => {
    const { stub, open, client, simulator } = await start({ apiKey: "key-of-the-service", headers: { "X-Team": "blue" } });
    open();
    const withoutToken = await stub.call();
    expect(withoutToken.metadata).not.toHaveProperty("x-token");
    expect(withoutToken.metadata).not.toHaveProperty("x-api-key");
    expect(withoutToken.metadata).not.toHaveProperty("x-team");
    let reads = 0;
    open({ slots: { all: {} } }, { token: async () => `token-${++reads}` });
    const withToken = await stub.call();
    expect(withToken.metadata["x-token"]).toBe("token-1");
    withToken.fail(codes.UNAVAILABLE, "");
    expect((await stub.call()).metadata["x-token"]).toBe("token-2");
    expect([client, simulator]).toHaveLength(2);
  });

  it("a Geyser stream ends after the session has completed, even if the server does not end the stream", async () => {
    const { stub, open, session } = await start();
    const stream = open({ blocksMeta: { all: {} } }, { drainMs: 50 });
    const call = await stub.call();
    await call.accept();
    call.send(blockMeta(1_000));
    for await (const _ of session.run());
    expect(slotsOf(await reader(stream)(2))).toEqual([1_000]);
    expect(await stream.closed).toEqual({ reason: "completed" });
    await call.cancelled;
    expect((await session.closed).reason).toBe("completed");
  });

  it("a Geyser stream is complete if the server ends it with OK after the last slot", async () => {
    const { stub, open } = await start();
    const stream = open();
    const call = await stub.call();
    await call.accept();
    call.send(blockMeta(1_019));
    call.end();
    expect(slotsOf(await reader(stream)(2))).toEqual([1_019]);
    expect(await stream.closed).toEqual({ reason: "completed" });
  });

  it("a Geyser stream stops reading while its consumer is slow, and the server then stops sending", async () => {
    const { stub, open } = await start({ maxBufferedEvents: 20 });
    const stream = open({ accounts: { all: {} } });
    const call = await stub.call();
    await call.accept();
    const data = new Uint8Array(64 * 1024);
    const key = randomBytes(32);
    const count = 200;
    let sent = 0;
    let isFull = false;
    for (; sent < count; sent++) {
      const signature = randomBytes(64);
      isFull =
        !call.send({
          filters: ["all"],
          account: { slot: "1000", account: { pubkey: key, owner: key, data, txnSignature: signature } },
        }) || isFull;
      if (sent % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => stream.buffered).toBeGreaterThanOrEqual(20);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    // The client stops reading soon after the limit of 20 events, so it does not buffer all 200 events.
    expect(stream.buffered).toBeLessThan(80);
    expect(isFull).toBe(true);
    expect(await reader(stream)(count)).toHaveLength(count);
  });
});
