import { describe, expect, test } from "vitest";
import { encodeBase58 } from "../../src/codec/base58.js";
import { decodeBase64, encodeBase64 } from "../../src/codec/base64.js";
import { SessionRpc } from "../../src/session/session-rpc.js";
import { defaultPlatform } from "../../src/transport/default-platform.js";
import { FakePlatform } from "../support/fake-platform.js";
import { startScriptedServer } from "../support/scripted-server.js";
import { ACCOUNT, newClient, PROGRAM, rejection, startSession } from "./session-rig.js";

const ENDPOINT = "https://simulator.example/backtest/x";
/** There is no secret in these tests. */
const redact = (text: string): string => text;
const U64_MAX = 18_446_744_073_709_551_615n;
const state = {
  data: { data: "AQ==", encoding: "base64" as const },
  executable: false,
  lamports: U64_MAX,
  owner: PROGRAM,
  space: 1,
};

/** Returns a `fetch` function with a response for each RPC method, and the calls that it has received. */
function fakeRpc(answers: Record<string, (params: unknown[]) => unknown>) {
  const asked: { url: string; init: RequestInit; text: string }[] = [];
  const fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const text = String(init.body);
    asked.push({ url, init, text });
    const { method, params } = JSON.parse(text) as { method: string; params: unknown[] };
    const answer = answers[method]?.(params);
    return new Response(typeof answer === "string" ? answer : JSON.stringify({ jsonrpc: "2.0", id: 1, ...(answer as object) }));
  };
  return { fetch, asked };
}

function rpc(fetch: (url: string, init?: RequestInit) => Promise<Response>): SessionRpc {
  return new SessionRpc({ platform: { ...defaultPlatform, fetch }, redact }, () => ENDPOINT);
}

describe("a call of the session RPC", () => {
  test("a session RPC call sends a JSON-RPC 2.0 request as a POST, with exact 64-bit integers in request and response", async () => {
    const { fetch, asked } = fakeRpc({ modifyAccounts: () => `{"jsonrpc":"2.0","id":1,"result":${U64_MAX}}` });
    expect(await rpc(fetch).call("modifyAccounts", [{ [ACCOUNT]: state }])).toBe(U64_MAX);
    const [{ url, init, text } = { url: "", init: {}, text: "" }] = asked;
    expect(url).toBe(ENDPOINT);
    expect(init).toMatchObject({ method: "POST", headers: { "Content-Type": "application/json" } });
    expect(text).toContain('"jsonrpc":"2.0"');
    expect(text).toContain(`"lamports":${U64_MAX}`);
  });

  test("a session RPC call that the server refuses fails with the message of the server", async () => {
    const { fetch } = fakeRpc({ getSlot: () => ({ error: { code: -32602, message: "no such account" } }) });
    const error = await rejection(rpc(fetch).call("getSlot", []));
    expect(error).toMatchObject({ code: "http", message: "getSlot was refused: no such account" });
  });

  test.each([
    ["that is not JSON", "<html>Bad Gateway</html>", /response is not JSON/],
    ["without a result", "{}", /was refused/],
    ["that is not an object", "[]", /was refused/],
  ])("the error of a session RPC call contains the body of an invalid response: a response %s", async (_, body, message) => {
    const { fetch } = fakeRpc({ getSlot: () => body });
    const error = await rejection(rpc(fetch).call("getSlot", []));
    expect(error).toMatchObject({ code: "http", body });
    expect(error.message).toMatch(message);
  });

  test("a session RPC call that reaches no server fails with the code `unreachable`", async () => {
    const fetch = async (): Promise<Response> => {
      throw new TypeError("fetch failed");
    };
    expect((await rejection(rpc(fetch).call("getSlot", []))).code).toBe("unreachable");
  });
});

describe("a response of the session RPC", () => {
  test("if a response exceeds 64 MiB, the session RPC call fails and cancels the response body", async () => {
    let wasCancelled = false;
    const chunk = new TextEncoder().encode(" ".repeat(2 ** 20));
    const fetch = async (): Promise<Response> =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(chunk),
          cancel: () => {
            wasCancelled = true;
          },
        }),
      );
    const error = await rejection(rpc(fetch).call("getSlot", []));
    expect(error).toMatchObject({ code: "http", message: expect.stringContaining("longer than 64 MiB") });
    expect(wasCancelled).toBe(true);
  });

  test("if a session RPC call gets no response within 30 s, the client aborts the request, and the call fails with a timeout", async () => {
    const platform = new FakePlatform();
    let signal: AbortSignal | null | undefined;
    const fetch = (_: string, init?: RequestInit): Promise<Response> => {
      signal = init?.signal;
      return new Promise(() => {});
    };
    const calling = new SessionRpc({ platform: Object.assign(platform, { fetch }), redact }, () => ENDPOINT).call("getSlot", []);
    const error = rejection(calling);
    await platform.advance(30_000);
    expect(await error).toMatchObject({ code: "timeout" });
    expect(signal?.aborted).toBe(true);
    expect(platform.timers).toEqual([]);
  });
});

describe("a hostile response of the session RPC", () => {
  const hostile = { toString: 1, valueOf: {}, length: -1 };
  const value = { data: [hostile, "base64"], owner: hostile };

  test("if the error of a session RPC response has an object as its message, the thrown error contains that object as text", async () => {
    const { fetch } = fakeRpc({ getSlot: () => ({ error: { code: 1, message: hostile } }) });
    const error = await rejection(rpc(fetch).call("getSlot", []));
    expect(error).toMatchObject({ code: "http", message: expect.stringMatching(/^getSlot was refused: .*"toString":1/) });
  });

  test.each<[what: string, value: unknown]>([
    ["data", value],
    ["the data's encoding", { ...value, data: hostile }],
    ["invalid base64", { ...value, data: ["!", "base64"] }],
    ["a number as data", { ...value, data: [5, "base64"] }],
    ["an owner", { ...value, data: ["AQ==", "base64"] }],
  ])("a hostile response of the session RPC ends programOverride with a SimulatorError: %s", async (_, value) => {
    const { fetch } = fakeRpc({ getAccountInfo: () => ({ result: { value } }) });
    expect(await rejection(rpc(fetch).programOverride(PROGRAM, Uint8Array.of()))).toMatchObject({ code: "http" });
  });

  test("if the logs in a session RPC response contain an object, the outcome has a fixed text in place of the object", async () => {
    const { fetch } = fakeRpc({
      getSignatureStatuses: () => ({ result: { value: [{ err: hostile }] } }),
      getTransaction: () => ({ result: { meta: { logMessages: ["a line", hostile, 5], computeUnitsConsumed: hostile } } }),
    });
    const wire = encodeBase64(Uint8Array.of(1, ...new Uint8Array(64).fill(7), 1, 0, 0, 0, ...new Uint8Array(33)));
    const [found] = await rpc(fetch).lookUp([wire]);
    expect(found?.outcome).toEqual({ err: hostile, logs: ["a line", "an object", "5"], unitsConsumed: 0n });
  });
});

test("modifyAccounts sends [{address: state}], and returns the number of changed accounts", async () => {
  const { fetch, asked } = fakeRpc({ modifyAccounts: () => ({ result: true }) });
  expect(await rpc(fetch).modifyAccounts({ [ACCOUNT]: state, [PROGRAM]: { ...state, lamports: 5 } })).toBe(2);
  const { params } = JSON.parse(asked[0]?.text ?? "") as { params: [Record<string, { lamports: number }>] };
  expect(Object.keys(params[0])).toEqual([ACCOUNT, PROGRAM]);
  expect(params[0][PROGRAM]?.lamports).toBe(5);
});

const OTHER_LOADER = "BPFLoader2111111111111111111111111111111111";

describe("the override of a program by its ELF", () => {
  const programData = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
  const programDataAddress = encodeBase58(programData);
  const authority = Uint8Array.from({ length: 32 }, () => 9);
  const elf = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46);
  const loader = "BPFLoaderUpgradeab1e11111111111111111111111";
  const account = (bytes: Uint8Array, owner = loader): object => ({
    result: { value: { data: [encodeBase64(bytes), "base64"], owner } },
  });
  const own = (data: object | undefined) => ({
    getAccountInfo: ([address]: unknown[]) =>
      address === PROGRAM ? account(Uint8Array.of(2, 0, 0, 0, ...programData)) : (data ?? { result: { value: null } }),
    getSlot: () => ({ result: 300_000_000 }),
    getMinimumBalanceForRentExemption: ([size]: unknown[]) => ({ result: Number(size) * 10 }),
  });

  test("programOverride of a session returns a ProgramData account with the slot, authority and lamports that it reads from the RPC", async () => {
    const before = Uint8Array.of(3, 0, 0, 0, ...new Uint8Array(8), 1, ...authority, 1, 2, 3);
    const { fetch } = fakeRpc(own(account(before)));
    const override = await rpc(fetch).programOverride(PROGRAM, elf);
    expect(Object.keys(override)).toEqual([programDataAddress]);
    const { data, lamports, executable, owner } = override[programDataAddress]!;
    expect({ lamports, executable, owner }).toEqual({
      lamports: 490n,
      executable: false,
      owner: "BPFLoaderUpgradeab1e11111111111111111111111",
    });
    const bytes = decodeBase64(data.data);
    const header = new DataView(bytes.buffer, bytes.byteOffset);
    expect([header.getUint32(0, true), header.getBigUint64(4, true), bytes[12]]).toEqual([3, 299_999_999n, 1]);
    expect(bytes.subarray(13, 45)).toEqual(authority);
    expect(bytes.subarray(45)).toEqual(elf);
  });

  test("programOverride of a session sets no upgrade authority if the program has no upgrade authority", async () => {
    const { fetch } = fakeRpc(own(account(new Uint8Array(60))));
    const bytes = decodeBase64((await rpc(fetch).programOverride(PROGRAM, elf))[programDataAddress]!.data.data);
    expect(bytes.subarray(12, 45)).toEqual(new Uint8Array(33));
  });

  test("programOverride of a session refuses bytes that are not an ELF file", async () => {
    const { fetch } = fakeRpc(own(account(new Uint8Array(60))));
    expect(await rejection(rpc(fetch).programOverride(PROGRAM, new Uint8Array(100)))).toMatchObject({
      code: "invalidParams",
      field: "elf",
      message: expect.stringContaining("cargo build-sbf"),
    });
  });

  test("programOverride of a session refuses a missing program and a program that is not upgradeable", async () => {
    const gone = fakeRpc(own(undefined));
    expect(await rejection(rpc(gone.fetch).programOverride(PROGRAM, elf))).toMatchObject({ code: "http" });
    const builtIn = fakeRpc({ getAccountInfo: () => account(Uint8Array.of(1, 2, 3)) });
    const error = await rejection(rpc(builtIn.fetch).programOverride(PROGRAM, elf));
    expect(error.message).toContain("is not an upgradeable program: its account does not name a ProgramData account");
    const fixed = fakeRpc({ getAccountInfo: () => account(Uint8Array.of(2, 0, 0, 0, ...programData), OTHER_LOADER) });
    expect((await rejection(rpc(fixed.fetch).programOverride(PROGRAM, elf))).message).toContain(
      `is not an upgradeable program: its owner is ${OTHER_LOADER}, not ${loader}`,
    );
    expect((await rejection(rpc(gone.fetch).programOverride("not an address", elf))).code).toBe("invalidParams");
  });
});

test("an RPC call of a session goes to the session's endpoint and does not contain the API key", async () => {
  const server = await startScriptedServer();
  const { fetch, asked } = fakeRpc({ modifyAccounts: () => ({ result: true }) });
  const options = { apiKey: "rpc-key-9911", fetch: fetch as typeof globalThis.fetch };
  const { session } = await startSession(server, newClient(server, options));
  expect(await session.modifyAccounts({ [ACCOUNT]: state })).toBe(1);
  expect(asked.map(({ url }) => url)).toEqual([session.info.rpcEndpoint]);
  expect(JSON.stringify(asked)).not.toContain("rpc-key");
});

describe("a session's RPC that answers 503 while the session is pending", () => {
  /** Returns an RPC that answers 503 to the first `refusals` calls. Delays between calls are skipped, but `waits` records them. */
  function pendingRpc(refusals: number) {
    const waits: number[] = [];
    let calls = 0;
    const platform = {
      ...defaultPlatform,
      fetch: async () => {
        calls++;
        if (calls <= refusals) return new Response("pending", { status: 503 });
        return new Response('{"jsonrpc":"2.0","id":1,"result":7}');
      },
      setTimeout: (callback: () => void, ms: number) => {
        // The timer of 30 s limits the wait for a response. The timer is not needed, because each response arrives at once.
        if (ms === 30_000) return;
        waits.push(ms);
        queueMicrotask(callback);
      },
    };
    return { rpc: new SessionRpc({ platform, redact }, () => ENDPOINT), waits, calls: () => calls };
  }

  test("a session RPC call that gets 503 is retried, and the wait between retries doubles up to 10 s", async () => {
    const { rpc, waits } = pendingRpc(8);
    expect(await rpc.call("getSlot", [])).toBe(7);
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  test("a session RPC call that gets 503 is attempted at most 11 times", async () => {
    const { rpc, calls } = pendingRpc(100);
    expect(await rejection(rpc.call("getSlot", []))).toMatchObject({ code: "http", status: 503 });
    expect(calls()).toBe(11);
  });
});

describe("the outcomes of injected transactions", () => {
  const signed = (byte: number): string => encodeBase64(Uint8Array.of(1, ...new Uint8Array(64).fill(byte), 1, 2, 3));
  const signature = (byte: number): string => encodeBase58(new Uint8Array(64).fill(byte));

  test("the outcomes of injected transactions are read from the session's RPC, and are absent for transactions that the RPC does not return", async () => {
    const { fetch } = fakeRpc({
      getSignatureStatuses: () => ({ result: { value: [{ err: { InstructionError: [0, "Custom"] } }, null] } }),
      getTransaction: () => ({ result: { meta: { logMessages: ["Program log: x"], computeUnitsConsumed: 150 } } }),
    });
    expect(await rpc(fetch).lookUp([signed(1), signed(2)])).toEqual([
      {
        signature: signature(1),
        outcome: { err: { InstructionError: [0, "Custom"] }, logs: ["Program log: x"], unitsConsumed: 150n },
      },
      { signature: signature(2) },
    ]);
  });

  test("if the RPC call fails, lookUp() returns the injected transactions without their outcomes", async () => {
    const { fetch } = fakeRpc({ getSignatureStatuses: () => ({ error: { code: -32601, message: "no such method" } }) });
    expect(await rpc(fetch).lookUp([signed(1)])).toEqual([{ signature: signature(1) }]);
  });
});
