import { expect, onTestFinished, test } from "vitest";
import { encodeBase64 } from "../../src/codec/base64.js";
import { Prng } from "../../src/local/engine/synthetic/prng.js";
import { LIMITS } from "../../src/local/wire/simulator-limits.js";
import { pack } from "./packed.js";
import {
  createSession,
  openSocket,
  refusedCreate,
  type StartSimulator,
  type TestSession,
  type TestSimulator,
  type WireSocket,
} from "./wire-client.js";

/**
 * The start of a zstd frame (RFC 8878, 3.1.1.1): the magic number and the header. The header contains a window size of 128 KiB,
 * but no content size.
 */
const ZSTD_HEADER = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
const ZSTD_BLOCK = 128 * 1024;

/** Returns a compressed field of a few kilobytes that decompresses to a JSON list with a string of `bytes` bytes. */
function bomb(bytes: number): string {
  const frame = [...ZSTD_HEADER];
  const block = (type: 0 | 1, size: number, content: string, isLast = false): void => {
    const header = (isLast ? 1 : 0) | (type << 1) | (size << 3);
    frame.push(header & 0xff, (header >> 8) & 0xff, header >> 16, ...new TextEncoder().encode(content));
  };
  block(0, 2, '["');
  for (let left = bytes; left > 0; left -= ZSTD_BLOCK) block(1, Math.min(left, ZSTD_BLOCK), "A");
  block(0, 2, '"]', true);
  return encodeBase64(Uint8Array.from(frame));
}

/**
 * Tests that no request makes the simulator fail. After each test, the simulator must still create a session. An uncaught error
 * fails the test run.
 */
export function hostileInputSuite(start: StartSimulator): void {
  const running = async (): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 1_000 });
    onTestFinished(async () => {
      await createSession(sim, { startSlot: 100n, endSlot: 110n });
      await sim.close();
    });
    return sim;
  };
  const session = (sim: TestSimulator): Promise<TestSession> => createSession(sim, { startSlot: 100n, endSlot: 110n });
  const post = async (sim: TestSimulator, path: string, body: string): Promise<{ status: number; text: string }> => {
    const response = await sim.fetch(new URL(path, sim.httpUrl), { method: "POST", body });
    return { status: response.status, text: await response.text() };
  };

  test.for(["1e999", "-1e999"])(
    "the simulator refuses the JSON-RPC id %s over HTTP and WebSocket, because no response can contain this id",
    async (id) => {
      const sim = await running();
      const { rpcUrl, wsUrl } = await session(sim);
      const call = `{"jsonrpc":"2.0","id":${id},"method":"getSlot"}`;
      const refused = { jsonrpc: "2.0", id: null, error: { code: -32600, message: expect.any(String) } };
      expect(JSON.parse((await post(sim, rpcUrl, call)).text)).toEqual(refused);
      expect(JSON.parse((await post(sim, rpcUrl, `[${call}]`)).text)).toEqual([refused]);
      const socket = await openSocket(sim, wsUrl);
      for (const method of ["getSlot", "slotSubscribe", "slotUnsubscribe"]) {
        socket.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":[]}`);
        expect(await socket.next()).toEqual(refused);
      }
    },
  );

  test("on every channel, the simulator answers deeply nested JSON with an error", async () => {
    const sim = await running();
    const { rpcUrl, wsUrl } = await session(sim);
    for (const [open, end] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const deep = `${open.repeat(20_000)}12345678901234567890${end.repeat(20_000)}`;
      const control = await openSocket(sim);
      for (const text of [
        deep,
        `{"method":"continue","params":${deep}}`,
        `{"method":"createBacktestSession","params":{"name":${deep}}}`,
      ]) {
        control.send(text);
        expect((await control.next()).method).toBe("error");
      }
      const subscriptions = await openSocket(sim, wsUrl);
      const call = `{"id":1,"method":"programSubscribe","params":[${deep},${deep}]}`;
      for (const text of [deep, call, `{"id":${deep},"method":"slotSubscribe"}`]) {
        subscriptions.send(text);
        expect((await subscriptions.next()).error).toBeDefined();
        expect((await post(sim, rpcUrl, text)).status).toBe(200);
      }
      expect((await post(sim, "/generate-depth", `{"start_slot":100,"end_slot":101,"account_overrides":${deep}}`)).status).toBe(
        400,
      );
    }
  });

  test("the simulator reports only the first invalid item of a list with a million invalid items", async () => {
    const sim = await running();
    const control = await openSocket(sim);
    control.send(`{"method":"continue","params":{"transactions":[${"0,".repeat(1_000_000)}0]}}`);
    expect(await control.next()).toMatchObject({
      method: "error",
      params: { invalidRequest: { error: expect.stringContaining("transactions.0") } },
    });
  });

  test("the simulator refuses a create request if its compressed fields expand to too many bytes", async () => {
    const sim = await running();
    const packed = bomb(LIMITS.decompressedBytes);
    const refused = { invalidRequest: { error: expect.stringContaining("more than") } };
    const range = { startSlot: 100, endSlot: 110 };
    expect(await refusedCreate(sim, { ...range, actions: packed })).toEqual(refused);
    const nested = await pack([{ anchor: { at: "afterEverySlot" }, transactions: packed }]);
    expect(await refusedCreate(sim, { ...range, actions: nested })).toEqual(refused);
    const padded = `{"anchor":{"at":"afterEverySlot"},"transactions":${JSON.stringify(bomb(1_000_000))}}`;
    const many = await pack(JSON.parse(`[${new Array(140).fill(padded).join(",")}]`));
    expect(await refusedCreate(sim, { ...range, actions: many })).toEqual(refused);
  });

  test("the simulator refuses a usage report for more than 366 days", async () => {
    const sim = await running();
    const window = "since=0000-01-01T00:00:00Z&until=9999-12-31T23:59:59Z";
    for (const path of ["/usage", "/usage/sessions"])
      expect((await sim.fetch(`${sim.httpUrl}${path}?${window}`)).status).toBe(400);
  });

  test("the simulator keeps running after 2,000 seeded mutations of valid frames on every channel", async () => {
    const sim = await running();
    const { rpcUrl, wsUrl } = await session(sim);
    const random = new Prng("hostile frames");
    const frames = [
      '{"method":"createBacktestSession","params":{"startSlot":100,"endSlot":110,"disconnectTimeoutSecs":60,"name":"a"}}',
      '{"method":"continue","params":{"advanceCount":1,"transactions":["AQ=="],"modifyAccountStates":{}}}',
      '{"method":"continueTo","params":{"slot":105,"batchIndex":1}}',
      '{"method":"attachBacktestSession","params":{"session_id":"backtest_00000000000000000000000000000000","last_sequence":18446744073709551615}}',
      '{"method":"attachParallelControlSessionV2","params":{"control_session_id":"parallel_00000000000000000000000000000000","last_sequences":{}}}',
      '{"method":"closeBacktestSession"}',
      '{"jsonrpc":"2.0","id":1,"method":"transactionSubscribe","params":[{"mentions":["11111111111111111111111111111111"]},{"replayFromSlot":-1}]}',
      '{"jsonrpc":"2.0","id":"x","method":"getAccountInfo","params":["11111111111111111111111111111111",{"encoding":"base64","dataSlice":{"offset":0,"length":3}}]}',
      '[{"id":18446744073709551615,"method":"getBlockTime","params":[105]},{"id":null,"method":"sendTransaction","params":["AQ==",{"encoding":"base58"}]}]',
      '{"id":1,"method":"simulateTransaction","params":["AQ==",{"encoding":"base64","accounts":{"addresses":["11111111111111111111111111111111"]}}]}',
    ] as const;
    const odd = [
      "null",
      "-1",
      "1e999",
      "18446744073709551616",
      '"\\ud800"',
      "[]",
      "{}",
      "true",
      '"\u0000"',
      "0.5",
      '""',
      "__proto__",
    ];
    const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T;
    const mutated = (): string => {
      const frame = pick(frames);
      switch (random.below(4)) {
        case 0:
          return frame.slice(0, random.below(frame.length));
        case 1: {
          const at = random.below(frame.length);
          return frame.slice(0, at) + String.fromCharCode(random.below(256)) + frame.slice(at + 1);
        }
        case 2:
          return frame.replace(/("[^"]*"|\d+)(?=[,\]}])/g, (value) => (random.below(3) === 0 ? pick(odd) : value));
        default:
          return frame + pick(frames);
      }
    };
    let control: WireSocket = await openSocket(sim);
    const subscriptions = await openSocket(sim, wsUrl);
    for (let round = 0; round < 2_000; round++) {
      if (round % 20 === 0) {
        control.close();
        control = await openSocket(sim);
      }
      const text = mutated();
      control.send(text);
      subscriptions.send(text);
      if (round % 10 === 0)
        expect([200, 400, 404]).toContain((await post(sim, pick([rpcUrl, "/build-bundle", "/generate-depth"]), text)).status);
    }
    subscriptions.send('{"id":"last","method":"getHealth"}');
    expect((await subscriptions.answer("last")).result).toBe("ok");
  });
}
