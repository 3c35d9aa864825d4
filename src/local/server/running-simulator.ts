import { type LocalWallet, localWallets } from "../engine/local-wallets.js";
import type { Faults } from "../link/faults.js";
import type { SimulatorRecord } from "../session/simulator-record.js";
import type { Simulator } from "./simulator.js";

/** A running local simulator, on a port or in the page. */
export interface RunningSimulator {
  /** URL of the control channel. */
  readonly url: string;
  /** Base URL for the HTTP calls. */
  readonly httpUrl: string;
  /** Addresses of the programs that the ledger's transactions invoke. Every block invokes the first one. */
  readonly programs: readonly string[];
  /**
   * Wallets with their keys. Each wallet has 1,000 SOL at the start of every session. Every local simulator has the same wallets.
   */
  readonly wallets: readonly LocalWallet[];
  /** Injects network faults. */
  readonly faults: Faults;
  /** Records what the simulator sent, so that a test can compare it with what a client received. */
  readonly record: SimulatorRecord;
  /** Cuts all connections, ends all sessions, and frees the port if the simulator has one. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @param authority host and port of the simulator's URLs
 * @param close called by `close()` and `await using`
 */
export function runningSimulator(simulator: Simulator, authority: string, close: () => Promise<void>): RunningSimulator {
  const running: Omit<RunningSimulator, typeof Symbol.asyncDispose> = {
    url: `ws://${authority}/backtest`,
    httpUrl: `http://${authority}`,
    programs: simulator.settings.engine.programs,
    wallets: localWallets(),
    faults: simulator.faults,
    record: simulator.record,
    close,
  };
  // Some browsers do not have `Symbol.asyncDispose` yet.
  const { asyncDispose } = Symbol as { asyncDispose?: typeof Symbol.asyncDispose };
  if (asyncDispose !== undefined) Object.assign(running, { [asyncDispose]: close });
  return running as RunningSimulator;
}
