import { type LocalWallet, localWallets } from "../engine/local-wallets.js";
import type { Faults } from "../link/fault-injector.js";
import type { SimulatorRecord } from "../session/simulator-record.js";
import type { Simulator } from "./simulator.js";

/** A running local simulator, on a port or in the page. */
export interface RunningSimulator {
  /** URL of the control channel. */
  readonly url: string;
  /** Base URL of the HTTP calls. */
  readonly httpUrl: string;
  /** Addresses of the programs that the ledger's transactions invoke. Each block invokes the first one. */
  readonly programs: readonly string[];
  /** Wallets with 1,000 SOL each at the start of every session, and their keys. They are the same in every local simulator. */
  readonly wallets: readonly LocalWallet[];
  /** Injects network faults. */
  readonly faults: Faults;
  /** What the simulator did, to compare with what a client received. */
  readonly record: SimulatorRecord;
  /** Cuts all connections, ends all sessions, and frees the port if there is one. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @param authority host and port of its URLs
 * @param close what `close()` and `await using` do
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
  // Some browsers do not have the symbol yet.
  const { asyncDispose } = Symbol as { asyncDispose?: typeof Symbol.asyncDispose };
  if (asyncDispose !== undefined) Object.assign(running, { [asyncDispose]: close });
  return running as RunningSimulator;
}
