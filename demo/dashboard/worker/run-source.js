// @ts-check
import { BacktestClient } from "../../../dist/browser.js";

/** @typedef {import("../contract.js").Settings} Settings */
/** @typedef {import("../../../dist/browser-local.js").Fault} Fault */

/** Where a run's connections go: a simulator on a URL, or one in this worker. What is the same to the client is the same here. */
export class RunSource {
  /** What its faults can be. @type {"all" | "close"} */
  faults;
  label;
  client;
  /** Of the simulator in the worker. @type {readonly string[]} */
  programs;
  #close;
  #strike;

  /**
   * @param {Settings} settings
   * @param {import("../../../dist/browser.js").PageLife | undefined} page
   * @returns {Promise<RunSource>}
   * @throws {import("../../../dist/browser.js").SimulatorError}
   */
  static async open({ source, startSlot, slotCount }, page) {
    const options = page === undefined ? {} : { pageEvents: page };
    if (source.kind === "url") return new RunSource(openSockets(source, options));
    // Of interest to who runs no server alone: who does needn't load it.
    const { createLocalSimulator } = await import("../../../dist/browser-local.js");
    const { seed, transactionsPerSlot, slotDelayMs, skipRate } = source;
    const ledger = { seed, transactionsPerSlot, slotDelayMs, skipRate, startSlot, slots: slotCount };
    const simulator = createLocalSimulator({ ...ledger, record: false, bundleSlots: bundleSlots(slotCount) });
    return new RunSource({
      faults: "all",
      label: `this page, ledger ${seed}`,
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
      strike: (fault) => simulator.faults.apply(fault),
      close: () => simulator.close(),
    });
  }

  /**
   * @param {{ faults: "all" | "close", label: string, client: BacktestClient, programs: readonly string[],
   *   strike: (fault: Fault) => void, close: () => Promise<void> }} parts
   */
  constructor({ faults, label, client, programs, strike, close }) {
    this.faults = faults;
    this.label = label;
    this.client = client;
    this.programs = programs;
    this.#strike = strike;
    this.#close = close;
  }

  /** @param {Fault} fault */
  strike(fault) {
    this.#strike(fault);
  }

  async close() {
    await this.client.close();
    await this.#close();
  }
}

/** A dead link in this worker is to be seen within seconds: who waits here watches. */
const QUICK_LIVENESS = { pingIntervalMs: 1_500, deadlineMs: 4_000 };
/** The waits grow, to be seen, but not for long: nobody but this page is spared by them. */
const QUICK_RECONNECT = { initialBackoffMs: 500, maxBackoffMs: 3_000 };
/** Nothing here is under way for long: a continue that brings nothing has not arrived. */
const QUICK_TIMEOUTS = { progressMs: 3_000 };
/** On a server, whose slots may take their time: a continue that was lost with its connection is sent again after so long. */
const TIMEOUTS = { progressMs: 5_000 };
/** For parallel runs, which are split along bundles. */
const PARALLEL_LANES = 4n;

/** @param {bigint} slotCount */
const bundleSlots = (slotCount) => (slotCount > PARALLEL_LANES ? slotCount / PARALLEL_LANES + 1n : 1n);

/** Private use, by RFC 6455, 7.4.2. */
const CLOSED_BY_USER = 4000;

/** @param {Extract<Settings["source"], { kind: "url" }>} source @param {{ pageEvents?: import("../../../dist/browser.js").PageLife }} options */
function openSockets({ url, apiKey, auth }, options) {
  /** @type {Set<WebSocket>} */
  const open = new Set();
  class Breakable extends WebSocket {
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
      WebSocket: Breakable,
      timeouts: TIMEOUTS,
      ...(apiKey !== "" && { apiKey, auth }),
    }),
    programs: [],
    strike: () => {
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
