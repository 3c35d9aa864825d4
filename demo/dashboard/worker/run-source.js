// @ts-check
import { BacktestClient } from "../../../dist/browser.js";

/** @typedef {import("../contract.js").Settings} Settings */
/** @typedef {import("../../../dist/browser-local.js").Fault} Fault */

/** The simulator of a run: a server at a URL, or a simulator in this worker. */
export class RunSource {
  /** Which faults can be injected. @type {"all" | "close"} */
  faults;
  label;
  client;
  /** Programs of the simulator in this worker. Empty if the run uses a server at a URL. @type {readonly string[]} */
  programs;
  #close;
  #injectFault;

  /**
   * @param {Settings} settings
   * @param {import("../../../dist/browser.js").PageLife | undefined} page
   * @returns {Promise<RunSource>}
   * @throws {import("../../../dist/browser.js").SimulatorError}
   */
  static async open({ source, startSlot, slotCount }, page) {
    // The page shows errors and warnings, so the client must not log them.
    const options = { logger: /** @type {const} */ (false), ...(page !== undefined && { pageEvents: page }) };
    if (source.kind === "url") return new RunSource(openSockets(source, options));
    // The simulator is loaded only for runs in the page.
    const { createLocalSimulator } = await import("../../../dist/browser-local.js");
    const { seed, transactionsPerSlot, slotDelayMs, skipRate } = source;
    const ledger = { seed, transactionsPerSlot, slotDelayMs, skipRate, startSlot, slots: slotCount };
    const simulator = createLocalSimulator({
      ...ledger,
      record: false,
      maxHistory: MAX_HISTORY,
      bundleSlots: bundleSlots(slotCount),
    });
    return new RunSource({
      faults: "all",
      // The label contains every setting that changes the ledger, except the slots. Runs with equal labels and slots have equal ledgers.
      label: `this page, ledger ${seed}, ${transactionsPerSlot} transactions per slot, ${skipRate} skipped`,
      client: new BacktestClient({
        ...options,
        url: simulator.url,
        WebSocket: simulator.WebSocket,
        fetch: simulator.fetch,
        liveness: QUICK_LIVENESS,
        reconnect: QUICK_RECONNECT,
        timeouts: QUICK_TIMEOUTS,
      }),
      programs: simulator.programs,
      injectFault: (fault) => simulator.faults.apply(fault),
      close: () => simulator.close(),
    });
  }

  /**
   * @param {{ faults: "all" | "close", label: string, client: BacktestClient, programs: readonly string[],
   *   injectFault: (fault: Fault) => void, close: () => Promise<void> }} parts
   */
  constructor({ faults, label, client, programs, injectFault, close }) {
    this.faults = faults;
    this.label = label;
    this.client = client;
    this.programs = programs;
    this.#injectFault = injectFault;
    this.#close = close;
  }

  /** @param {Fault} fault */
  injectFault(fault) {
    this.#injectFault(fault);
  }

  /** Returns the ranges that the server has, newest first. @returns {Promise<import("../contract.js").SlotRange[] | undefined>} `undefined` if the request fails */
  async ranges() {
    try {
      const found = await this.client.availableRanges({ signal: AbortSignal.timeout(RANGES_MS) });
      const ranges = found.map(({ bundleStartSlot, maxBundleEndSlot }) => ({
        first: bundleStartSlot,
        last: maxBundleEndSlot ?? bundleStartSlot,
      }));
      return ranges.sort((a, b) => (a.first > b.first ? -1 : 1)).slice(0, MOST_RANGES);
    } catch {
      return undefined;
    }
  }

  async close() {
    await this.client.close();
    await this.#close();
  }
}

/** Number of notifications that the simulator stores for replays. Limits the memory of a long run, but covers an outage of some seconds. */
const MAX_HISTORY = 50_000;
/** Short deadlines, so that a user who injects a half-open connection sees the reconnect within seconds. */
const QUICK_LIVENESS = { pingIntervalMs: 1_500, deadlineMs: 4_000 };
/** Short delays between connection attempts. Frequent attempts cannot overload a simulator that has only one client. */
const QUICK_RECONNECT = { initialBackoffMs: 500, maxBackoffMs: 3_000 };
/** A short timeout: this simulator answers a `continue` request within milliseconds. */
const QUICK_TIMEOUTS = { continueTimeoutMs: 3_000 };
/** Longer than `QUICK_TIMEOUTS`, because a server can be slower than the simulator in the page. */
const TIMEOUTS = { continueTimeoutMs: 5_000 };
const RANGES_MS = 5_000;
const MOST_RANGES = 20;
/** Number of sub-ranges of a parallel run. */
const PARALLEL_SESSIONS = 4n;

/** @param {bigint} slotCount */
const bundleSlots = (slotCount) => (slotCount + PARALLEL_SESSIONS - 1n) / PARALLEL_SESSIONS;

/** A close code for private use (RFC 6455, 7.4.2). */
const CLOSED_BY_USER = 4000;

/** @param {Extract<Settings["source"], { kind: "url" }>} source @param {{ logger: false, pageEvents?: import("../../../dist/browser.js").PageLife }} options */
function openSockets({ url, apiKey, auth }, options) {
  /** @type {Set<WebSocket>} */
  const open = new Set();
  class TrackedSocket extends WebSocket {
    /** @param {string} address @param {string | string[]} [protocols] */
    constructor(address, protocols) {
      super(address, protocols);
      open.add(this);
      this.addEventListener("close", () => open.delete(this));
    }
  }
  return {
    faults: /** @type {const} */ ("close"),
    label: withoutSecrets(url),
    client: new BacktestClient({
      ...options,
      url,
      WebSocket: TrackedSocket,
      timeouts: TIMEOUTS,
      ...(apiKey !== "" && { apiKey, auth }),
    }),
    programs: [],
    injectFault: () => {
      for (const socket of open) socket.close(CLOSED_BY_USER, "closed by the dashboard");
    },
    close: async () => {},
  };
}

/** @param {string} url */
function withoutSecrets(url) {
  const { host, pathname } = new URL(url);
  return host + pathname;
}
