import { describe, expect, onTestFinished, test } from "vitest";
import { encodeBase58 } from "../../src/codec/base58.js";
import { decodeBase64 } from "../../src/codec/base64.js";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import type { RecordedKind } from "../../src/local/session/simulator-record.js";
import {
  accountDiffs,
  continueBy,
  createSession,
  drain,
  type Message,
  openSocket,
  results,
  type StartSimulator,
  subscribe,
  type TestSession,
  type TestSimulator,
  transactions,
} from "./wire-client.js";

interface Diff {
  context: { slot: number };
  account: string;
  signature: string;
  post?: { lamports: number | bigint; owner: string; data: [string, string]; space: number };
}

/** Tests the subscriptions of the Solana RPC, and compression. */
export function kindsSuite(start: StartSimulator): void {
  const running = async (options: Parameters<StartSimulator>[0] = {}): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 1_000, ...options });
    onTestFinished(() => sim.close());
    return sim;
  };

  const complete = async (session: TestSession): Promise<void> => {
    continueBy(session, 100_000);
    await session.control.method("completed");
  };

  const recorded = (
    sim: TestSimulator,
    { sessionId }: TestSession,
    kind: RecordedKind,
    address?: string,
    config?: Record<string, unknown>,
  ): string[] => (sim.record.session(sessionId)?.notifications(kind, address, config) ?? []).map((result) => result.json());

  /** Returns all account diffs of a session. */
  const diffsOf = (sim: TestSimulator, session: TestSession): Diff[] => {
    const all = sim.programs.flatMap((program) => recorded(sim, session, "accountDiff", program));
    return [...new Set(all)].map((text) => parseJson(text) as Diff);
  };

  /** Subscribes to a completed session. Returns all messages of the subscription, and the results of its notifications. */
  const notified = async (
    sim: TestSimulator,
    session: TestSession,
    method: string,
    ...params: unknown[]
  ): Promise<{ messages: Message[]; results: string[] }> => {
    const messages = await drain(await subscribe(sim, session, { method, params }));
    return { messages, results: results(messages) };
  };

  const done = async (sim: TestSimulator): Promise<TestSession> => {
    const session = await createSession(sim, { startSlot: 100n, endSlot: 129n });
    await complete(session);
    return session;
  };

  test("logsSubscribe reports the signature, the error and the logs of all transactions, or of the transactions that mention an address", async () => {
    const sim = await running();
    const session = await done(sim);
    const [token = ""] = sim.programs;
    const mentions = await notified(sim, session, "logsSubscribe", { mentions: [token] }, { commitment: "confirmed" });
    expect(mentions.messages[1]?.method).toBe("logsNotification");
    const expected = recorded(sim, session, "transaction", token).map((text) => {
      const { slot, meta } = parseJson(text) as { slot: number; meta: { err: unknown; logMessages: string[] } };
      return { slot, err: meta.err, logs: meta.logMessages };
    });
    const read = mentions.results.map((text) => {
      const { context, value } = parseJson(text) as { context: { slot: number }; value: { err: unknown; logs: string[] } };
      return { slot: context.slot, err: value.err, logs: value.logs };
    });
    expect(read).toEqual(expected);
    expect(mentions.results).toEqual(recorded(sim, session, "logs", token));
    const all = await notified(sim, session, "logsSubscribe", "all");
    expect(all.results).toHaveLength(30 * 4);
    const signatures = all.results.map((text) => (JSON.parse(text) as { value: { signature: string } }).value.signature);
    expect(new Set(signatures).size).toBe(30 * 4);
  });

  test("accountSubscribe reports the last state of the account in each slot, or every write if intraSlotUpdates is set", async () => {
    const sim = await running({ transactionsPerSlot: 12 });
    const session = await done(sim);
    const diffs = diffsOf(sim, session);
    // Finds an account that is written several times in a slot.
    const writes = new Map<string, Diff[]>();
    for (const diff of diffs) {
      const key = `${diff.account} ${diff.context.slot}`;
      writes.set(key, [...(writes.get(key) ?? []), diff]);
    }
    const [{ account }] = [...writes.values()].find(({ length }) => length > 1) as [Diff];
    const own = diffs.filter((diff) => diff.account === account);
    const states = (texts: string[]): unknown[] =>
      texts.map((text) => {
        const { context, value } = parseJson(text) as { context: { slot: number }; value: { lamports: unknown; data: unknown } };
        return [context.slot, value.lamports, value.data];
      });
    const every = await notified(sim, session, "accountSubscribe", account, { encoding: "base64", intraSlotUpdates: true });
    expect(every.messages[1]?.method).toBe("accountNotification");
    expect(states(every.results).map(stringifyJson).toSorted()).toEqual(
      own.map(({ context, post }) => stringifyJson([context.slot, post?.lamports, post?.data])).toSorted(),
    );
    const last = await notified(sim, session, "accountSubscribe", account, { encoding: "base64" });
    const bySlot = new Map((states(every.results) as [number, unknown, unknown][]).map((state) => [state[0], state]));
    expect(states(last.results)).toEqual([...bySlot.values()]);
    expect(last.results.length).toBeLessThan(every.results.length);
    expect(last.results).toEqual(recorded(sim, session, "account", account));
    expect(every.results).toEqual(recorded(sim, session, "account", account, { intraSlotUpdates: true }));
  });

  test("accountSubscribe supports encodings and slices, and reports a deleted account", async () => {
    const sim = await running({ transactionsPerSlot: 12 });
    const session = await done(sim);
    const [token = ""] = sim.programs;
    const { account } = diffsOf(sim, session).find(({ post }) => post?.owner === token) as Diff;
    const value = ({ results: [text] }: { results: string[] }): { data: unknown } =>
      (parseJson(text ?? "") as { value: { data: unknown } }).value;
    const whole = value(await notified(sim, session, "accountSubscribe", account, { encoding: "base64" })).data as [string];
    const bytes = decodeBase64(whole[0]);
    const dataSlice = { offset: 0, length: 8 };
    expect(value(await notified(sim, session, "accountSubscribe", account, { encoding: "base58", dataSlice }))).toMatchObject({
      data: [encodeBase58(bytes.subarray(0, 8)), "base58"],
      space: 165,
    });
    // The default encoding is base58. The data of this account is too long for base58, so an error text of Solana replaces the data.
    expect(value(await notified(sim, session, "accountSubscribe", account))).toMatchObject({
      data: "error: data too large for bs58 encoding",
    });

    const closed = diffsOf(sim, session).find(({ post }) => post === undefined) as Diff;
    const states = await notified(sim, session, "accountSubscribe", closed.account, {
      encoding: "base64",
      intraSlotUpdates: true,
    });
    const gone = states.results.filter((text) => text.includes('"lamports":0,'));
    expect(gone.length).toBeGreaterThan(0);
    expect(parseJson(gone[0] ?? "")).toMatchObject({
      value: { lamports: 0, data: ["", "base64"], owner: "1".repeat(32), space: 0 },
    });
  });

  test("programSubscribe reports the accounts of a program, and accepts the filters of getProgramAccounts", async () => {
    const sim = await running();
    const session = await done(sim);
    const [token = "", vault = ""] = sim.programs;
    const every = await notified(sim, session, "programSubscribe", vault, { encoding: "base64", intraSlotUpdates: true });
    expect(every.messages[1]?.method).toBe("programNotification");
    const expected = diffsOf(sim, session).filter(({ post }) => post?.owner === vault);
    expect(every.results).toHaveLength(expected.length);
    const pubkeys = every.results.map((text) => (JSON.parse(text) as { value: { pubkey: string } }).value.pubkey);
    expect(new Set(pubkeys)).toEqual(new Set(expected.map(({ account }) => account)));
    expect(every.results).toEqual(recorded(sim, session, "program", vault, { intraSlotUpdates: true }));
    expect((await notified(sim, session, "programSubscribe", vault, { encoding: "base64" })).results).toEqual(
      recorded(sim, session, "program", vault),
    );

    const sized = await notified(sim, session, "programSubscribe", vault, { encoding: "base64", filters: [{ dataSize: 48 }] });
    expect(sized.results.length).toBeGreaterThan(0);
    expect(sized.results.every((text) => text.includes('"space":48}'))).toBe(true);
    const tokens = await notified(sim, session, "programSubscribe", token, { encoding: "base64" });
    const { account } = (parseJson(tokens.results[0] ?? "") as { value: { account: { data: [string] } } }).value;
    const bytes = encodeBase58(decodeBase64(account.data[0]).subarray(0, 32));
    const ofMint = await notified(sim, session, "programSubscribe", token, {
      encoding: "base64",
      filters: [{ memcmp: { offset: 0, bytes } }, { dataSize: 165 }],
    });
    expect(ofMint.results.length).toBeGreaterThan(0);
    expect(ofMint.results.length).toBeLessThan(tokens.results.length);
  });

  test("signatureSubscribe sends one notification if the transaction is executed, and `subscriptionComplete` otherwise", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 129n });
    const other = await done(sim);
    const [first] = diffsOf(sim, other);
    const never = "1".repeat(64);
    const socket = await subscribe(
      sim,
      session,
      { method: "signatureSubscribe", params: [first?.signature, { commitment: "confirmed" }] },
      { method: "signatureSubscribe", params: [never] },
    );
    await complete(session);
    const messages = await drain(socket);
    const [found, lost] = [messages.find(({ id }) => id === 1)?.result, messages.find(({ id }) => id === 2)?.result];
    expect(messages.filter(({ method }) => method !== undefined)).toEqual([
      {
        jsonrpc: "2.0",
        method: "signatureNotification",
        params: { subscription: found, result: { context: { slot: first?.context.slot }, value: { err: null } } },
      },
      { jsonrpc: "2.0", method: "subscriptionComplete", params: { subscription: lost } },
    ]);
    const again = await subscribe(sim, session, { method: "signatureSubscribe", params: [first?.signature] });
    expect((await again.method("signatureNotification")).params).toMatchObject({ result: { value: { err: null } } });
  });

  test("slotSubscribe reports the slot and the parent of each block", async () => {
    const sim = await running({ skipRate: 0.4 });
    const session = await createSession(sim, { startSlot: 100n, endSlot: 159n });
    await complete(session);
    const slots = await notified(sim, session, "slotSubscribe");
    expect(slots.messages[1]?.method).toBe("slotNotification");
    const read = slots.results.map((text) => parseJson(text) as { slot: number; parent: number; root: number });
    expect(read.length).toBeGreaterThan(10);
    for (const [index, { slot, parent, root }] of read.entries()) {
      if (index > 0) expect(parent).toBe(read[index - 1]?.slot);
      expect(root).toBe(slot - 32);
    }
    expect(slots.results).toEqual(recorded(sim, session, "slot"));
    // slotSubscribe has no parameters, so the server ignores `replayFromSlot`.
    const late = await notified(sim, session, "slotSubscribe", { replayFromSlot: 130 });
    expect(late.results).toEqual(slots.results);
  });

  test("logsSubscribe, accountSubscribe, programSubscribe and transactionSubscribe support replayFromSlot, and end with a completion", async () => {
    const sim = await running();
    const session = await done(sim);
    const [token = ""] = sim.programs;
    const { account } = diffsOf(sim, session)[0] as Diff;
    for (const [method, filter] of [
      ["logsSubscribe", { mentions: [token] }],
      ["accountSubscribe", account],
      ["programSubscribe", token],
      ["transactionSubscribe", { mentions: [token] }],
    ] as const) {
      const all = await notified(sim, session, method, filter, { encoding: "base64" });
      const late = await notified(sim, session, method, filter, { encoding: "base64", replayFromSlot: 120 });
      const slotOf = (text: string): number => Number(/"slot":(\d+)/.exec(text)?.[1]);
      expect(late.results.length).toBeGreaterThan(0);
      expect(late.results).toEqual(all.results.filter((text) => slotOf(text) >= 120));
    }
  });

  test("a subscribe request with invalid parameters is answered with an error", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    const socket = await openSocket(sim, session.wsUrl);
    for (const [method, ...params] of [
      ["logsSubscribe", "some"],
      ["logsSubscribe", { mentions: [] }],
      ["logsSubscribe", { mentions: sim.programs }],
      ["logsSubscribe", { mentions: ["invalid"] }],
      ["accountSubscribe", "invalid"],
      ["accountSubscribe", sim.programs[0], { encoding: "rot13" }],
      ["accountSubscribe", sim.programs[0], { encoding: "base64", dataSlice: { offset: -1, length: 1 } }],
      ["programSubscribe"],
      ["programSubscribe", sim.programs[0], { filters: [{ memcmp: { offset: 0, bytes: "0OIl" } }] }],
      ["programSubscribe", sim.programs[0], { filters: [{}] }],
      ["programSubscribe", sim.programs[0], { filters: "all" }],
      ["programSubscribe", sim.programs[0], { filters: [{ dataSize: 48, memcmp: { offset: 0, bytes: "1" } }] }],
      ["programSubscribe", sim.programs[0], "confirmed"],
      ["signatureSubscribe", 5],
      ["signatureSubscribe", "0OIl"],
      ["signatureSubscribe", sim.programs[0]],
      ["signatureSubscribe", "1".repeat(64), { enableReceivedNotification: 1 }],
    ]) {
      socket.send({ jsonrpc: "2.0", id: method, method, params });
      expect([method, (await socket.next()).error?.code]).toEqual([method, -32602]);
    }
  });

  test("the errors of subscribe requests have the same texts as in Agave", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    const socket = await openSocket(sim, session.wsUrl);
    for (const [message, method, ...params] of [
      ["Only 1 address supported", "logsSubscribe", { mentions: sim.programs }],
      ["Only 1 address supported", "logsSubscribe", { mentions: [] }],
      ["Invalid mentions provided", "logsSubscribe", { mentions: ["invalid"] }],
      ["Invalid pubkey provided", "accountSubscribe", "invalid"],
      ["Invalid signature provided", "signatureSubscribe", "1".repeat(63)],
    ]) {
      socket.send({ jsonrpc: "2.0", id: 1, method, params });
      expect((await socket.next()).error).toEqual({ code: -32602, message: `Invalid Request: ${message}` });
    }
  });

  describe("compression", () => {
    const zstd = { compression: "zstd" };

    test("the compressed notifications of a connection form one zstd stream, and all other frames are text", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 149n });
      const [token, vault] = sim.programs;
      const socket = await subscribe(sim, session, transactions(token, zstd), accountDiffs(token, zstd), transactions(vault));
      await complete(session);
      const messages = await drain(socket, 3);
      const ids = [1, 2, 3].map((id) => messages.find((message) => message.id === id)?.result);
      expect(results(messages, ids[0])).toEqual(recorded(sim, session, "transaction", token));
      expect(results(messages, ids[1])).toEqual(recorded(sim, session, "accountDiff", token));
      expect(results(messages, ids[2])).toEqual(recorded(sim, session, "transaction", vault));
      let ends = 0;
      for (const [index, { method, params }] of socket.messages.entries()) {
        const isCompressed = socket.compressed.has(index);
        const { subscription } = (params ?? {}) as { subscription?: unknown };
        if (method === undefined || subscription === ids[2]) expect(isCompressed).toBe(false);
        else if (method === "subscriptionComplete") ends += Number(isCompressed);
        else expect(isCompressed).toBe(true);
      }
      // The simulator compresses `subscriptionComplete` only for odd subscription ids. One of the two zstd subscriptions has an odd
      // id.
      expect(ends).toBe(1);
      const before = socket.texts.reduce((sum, text, index) => sum + (socket.compressed.has(index) ? text.length : 0), 0);
      const after = [...socket.compressed.values()].reduce((sum, length) => sum + length, 0);
      expect(after).toBeLessThan(before / 4);
    });

    test("each connection has its own compressed stream", async () => {
      const sim = await running();
      const session = await done(sim);
      for (let attempt = 0; attempt < 2; attempt++) {
        const socket = await subscribe(sim, session, transactions(sim.programs[0], zstd));
        expect(results(await drain(socket))).toEqual(recorded(sim, session, "transaction", sim.programs[0]));
        expect(socket.compressed.size).toBeGreaterThan(30);
      }
    });

    test("notifications are not compressed if the server supports no compression, or if the client requests an unknown compression", async () => {
      const plain = await running({ compression: false });
      const session = await done(plain);
      const socket = await subscribe(plain, session, transactions(plain.programs[0], zstd));
      await drain(socket);
      expect(socket.compressed.size).toBe(0);
      const sim = await running();
      const other = await done(sim);
      const gzip = await subscribe(sim, other, transactions(sim.programs[0], { compression: "gzip" }));
      expect(results(await drain(gzip)).length).toBeGreaterThan(30);
      expect(gzip.compressed.size).toBe(0);
    });
  });
}
