import { createLocalSimulator, type InPageSimulator } from "../../src/local/in-page/in-page-simulator.js";
import type { InPageWebSocket } from "../../src/local/in-page/in-page-socket.js";
import type { SeededRandom } from "../simulation/seeded-random.js";
import type { FrameMutator } from "./frame-mutator.js";

/** A simulator is replaced after this many requests, so that its sessions do not accumulate. */
const REQUESTS_A_SIMULATOR = 2_000;
/** Number of requests that are in flight at the same time. */
const GROUP = 20;
const ADDRESS = "11111111111111111111111111111111";

const HTTP_TARGETS = [
  "/health",
  "/available-ranges?include_account_state=true",
  "/usage?since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z",
  "/usage/sessions?since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z&cursor=1",
  "/snapshot-slot",
  "/build-bundle?limit=5",
  "/build-bundle/abc",
  "/bundles?start_slot=100&end_slot=110&kind=blocks",
  "/generate-depth/abc",
  "/generate-depth/coverage",
  "/datasets/credentials",
];
const HTTP_BODIES = [
  '{"start_slot":100,"end_slot":110,"bundle_size":5,"idempotency_key":"a","kind":"blocks"}',
  '{"start_slot":100,"end_slot":110,"source":"onchain","granularity":"slot","markets":["a"],"program_overrides":{},"account_overrides":{}}',
];
const RPC_METHODS: [string, unknown[]][] = [
  ["getAccountInfo", [ADDRESS, { encoding: "base64", dataSlice: { offset: 0, length: 3 } }]],
  ["getBalance", [ADDRESS, { commitment: "confirmed" }]],
  ["getMultipleAccounts", [[ADDRESS, ADDRESS], { encoding: "base58" }]],
  ["getProgramAccounts", [ADDRESS, { filters: [{ dataSize: 3 }, { memcmp: { offset: 0, bytes: "1" } }] }]],
  ["getLatestBlockhash", []],
  ["getFeeForMessage", ["AQABAgIAAAA="]],
  ["getSignatureStatuses", [["1".repeat(64)], { searchTransactionHistory: true }]],
  ["getTransaction", ["1".repeat(64), { encoding: "base64", maxSupportedTransactionVersion: 1 }]],
  ["getBlock", [105, { encoding: "base64", maxSupportedTransactionVersion: 1 }]],
  ["getSlot", []],
  ["getBlockTime", [105]],
  ["getMinimumBalanceForRentExemption", [165]],
  ["simulateTransaction", ["AQ==", { encoding: "base64", accounts: { addresses: [ADDRESS] } }]],
  ["sendTransaction", ["AQ==", { encoding: "base64" }]],
  ["requestAirdrop", [ADDRESS, 1_000]],
  [
    "modifyAccounts",
    [{ [ADDRESS]: { data: { data: "", encoding: "base64" }, executable: false, lamports: 1, owner: ADDRESS, space: 0 } }],
  ],
  ["accountDiffSubscribe", [ADDRESS, { address_type: "program", replayFromSlot: 100, compression: "zstd" }]],
  ["transactionSubscribe", [{ mentions: [ADDRESS] }, { commitment: "confirmed" }]],
  ["logsSubscribe", [{ mentions: [ADDRESS] }, {}]],
  ["accountSubscribe", [ADDRESS, { encoding: "base64", intraSlotUpdates: true }]],
  ["programSubscribe", [ADDRESS, { encoding: "base64", filters: [{ dataSize: 1 }] }]],
  ["signatureSubscribe", ["1".repeat(64), {}]],
  ["slotSubscribe", []],
  ["slotUnsubscribe", [1]],
  ["actionSubscribe", [null, {}]],
  ["diagnosticSubscribe", [null, {}]],
  ["replacementSubscribe", [null, {}]],
];

/** Valid JSON-RPC calls, batches, and bodies of HTTP calls. */
export const VALID_CALLS: readonly string[] = [
  ...RPC_METHODS.map(([method, params], index) => JSON.stringify({ jsonrpc: "2.0", id: index, method, params })),
  `[${RPC_METHODS.slice(0, 4)
    .map(([method, params]) => JSON.stringify({ jsonrpc: "2.0", id: "x", method, params }))
    .join(",")}]`,
  ...HTTP_BODIES,
];

/** Matches messages of errors that are bugs in the simulator, not mistakes in the request. */
const INTERNAL =
  /is not a function|Cannot (?:read|set|convert|destructure|mix)|is not iterable|Maximum call stack|Invalid (?:array|string|typed)|undefined/;

/** Sends mutated requests to local simulators on all their channels. Returns descriptions of the problems. */
export async function fuzzSimulator(
  requests: number,
  random: SeededRandom,
  calls: FrameMutator,
  control: FrameMutator,
): Promise<string[]> {
  const problems: string[] = [];
  for (let done = 0; done < requests && problems.length < 5; done += REQUESTS_A_SIMULATOR) {
    const target = new Target(random.fork(`${done}`), calls, control, problems);
    await target.attack(Math.min(REQUESTS_A_SIMULATOR, requests - done));
  }
  return problems;
}

class Target {
  readonly #random: SeededRandom;
  readonly #calls: FrameMutator;
  readonly #control: FrameMutator;
  readonly #problems: string[];
  readonly #simulator: InPageSimulator;
  #sessionPath = "";
  #controlSocket: InPageWebSocket | undefined;
  #subscriptions: InPageWebSocket | undefined;

  constructor(random: SeededRandom, calls: FrameMutator, control: FrameMutator, problems: string[]) {
    this.#random = random;
    this.#calls = calls;
    this.#control = control;
    this.#problems = problems;
    this.#simulator = createLocalSimulator({ startSlot: 100, slots: 40, transactionsPerSlot: 2, seed: random.int(1, 1_000) });
  }

  async attack(requests: number): Promise<void> {
    await this.#createSession();
    const { httpUrl } = this.#simulator;
    for (let done = 0; done < requests; ) {
      this.#controlSocket ??= await this.#open(this.#simulator.url);
      this.#subscriptions ??= await this.#open(httpUrl.replace(/^http/, "ws") + this.#sessionPath);
      const waiting: Promise<void>[] = [];
      for (let left = GROUP; left > 0; left--, done++) waiting.push(this.#request());
      await Promise.all(waiting);
      await turn();
      if (this.#random.chance(0.2)) this.#controlSocket = close(this.#controlSocket);
      if (this.#random.chance(0.05)) this.#subscriptions = close(this.#subscriptions);
    }
    const health = await this.#simulator.fetch(`${httpUrl}/health`);
    if (health.status !== 200) this.#problems.push(`the simulator no longer serves: /health is ${health.status}`);
    await this.#createSession();
    close(this.#controlSocket);
    close(this.#subscriptions);
    await this.#simulator.close();
  }

  async #request(): Promise<void> {
    const random = this.#random;
    await random.weighted<() => void | Promise<void>>([
      [3, () => this.#controlSocket?.send(this.#control.mutate())],
      [3, () => this.#subscriptions?.send(this.#calls.mutate())],
      [3, () => this.#post(this.#sessionPath, this.#calls.mutate())],
      [
        1,
        () =>
          this.#post(
            random.pick(["/build-bundle", "/generate-depth", "/datasets/credentials"]),
            this.#calls.mutate(random.pick(HTTP_BODIES)),
          ),
      ],
      [1, () => this.#call(random.pick(["GET", "DELETE", "HEAD", "OPTIONS", "PUT"]), this.#target())],
    ])();
  }

  /** Returns a path and query with changed characters. */
  #target(): string {
    const random = this.#random;
    const target = random.pick(HTTP_TARGETS);
    const at = random.int(1, target.length);
    const odd = random.pick([
      "%",
      "%00",
      "%ff",
      "/..",
      "//",
      "?",
      "&",
      "=",
      "#",
      "-1",
      "9".repeat(30),
      "\u202e",
      "[]",
      ";",
      "0000-00-00",
    ]);
    return random.chance(0.3) ? target : target.slice(0, at) + odd + target.slice(at + random.int(0, 8));
  }

  #post(path: string, body: string): Promise<void> {
    return this.#call("POST", path, body);
  }

  async #call(method: string, target: string, body?: string): Promise<void> {
    const { httpUrl } = this.#simulator;
    if (!URL.canParse(httpUrl + target)) return;
    const response = await this.#simulator.fetch(httpUrl + target, { method, ...(body !== undefined && { body }) });
    const text = await response.text();
    const what = `${method} ${target.slice(0, 200)} ${body?.slice(0, 400) ?? ""}`;
    if (response.status >= 500) this.#problems.push(`${what}: ${response.status} ${text.slice(0, 300)}`);
    if (target === this.#sessionPath && method === "POST") this.#checkAnswer(what, text);
  }

  #checkAnswer(what: string, text: string): void {
    // The response to a JSON-RPC notification is empty: nothing to check.
    if (text === "") return;
    let answers: unknown;
    try {
      answers = JSON.parse(text);
    } catch {
      this.#problems.push(`${what}: the answer is not JSON: ${text.slice(0, 300)}`);
      return;
    }
    for (const { error } of [answers].flat() as { error?: { code: number; message: string } }[]) {
      if (error?.code === -32603 && INTERNAL.test(error.message)) this.#problems.push(`${what}: ${error.message}`);
    }
  }

  async #createSession(): Promise<void> {
    const socket = await this.#open(this.#simulator.url);
    const created = new Promise<string>((resolve, reject) => {
      socket.addEventListener("message", (event) => {
        const { method, params } = JSON.parse(String((event as MessageEvent).data)) as {
          method: string;
          params: { rpc_endpoint: string };
        };
        if (method === "sessionCreated") resolve(params.rpc_endpoint);
        else if (method === "error") reject(new Error(`a valid create was refused: ${JSON.stringify(params)}`));
      });
    });
    socket.send('{"method":"createBacktestSession","params":{"startSlot":100,"endSlot":139,"disconnectTimeoutSecs":900}}');
    this.#sessionPath = await created;
    socket.send('{"method":"continue","params":{"advanceCount":10}}');
  }

  #open(url: string): Promise<InPageWebSocket> {
    const socket = new this.#simulator.WebSocket(url);
    socket.addEventListener("message", (event) => {
      const { data } = event as MessageEvent;
      if (typeof data === "string" && INTERNAL.test(data) && /"code":-32603|"internal"/.test(data))
        this.#problems.push(`a socket received ${data.slice(0, 400)}`);
    });
    return new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve(socket));
      socket.addEventListener("error", () => reject(new Error(`${url} was refused`)));
    });
  }
}

function close(socket: InPageWebSocket | undefined): undefined {
  socket?.close();
  return undefined;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
