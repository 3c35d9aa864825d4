import { BacktestClient } from "simulator-client";

/** What the page runs its backtests on. */
export interface Target {
  /** In words. */
  readonly name: string;
  readonly client: BacktestClient;
  readonly startSlot: bigint;
  /** Whose transactions are shown. */
  readonly program: string;
  /** Cuts every connection; absent where that isn't for us to do. */
  readonly cutConnections?: () => void;
}

const START_SLOT = 300_000_000n;
const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
/** Slow enough to be watched. */
const SLOT_DELAY_MS = 20;

/** The simulator that `?url=` names, from its slot `?start=`, with the transactions of `?program=`; or one in the page. */
export async function openTarget(query: URLSearchParams): Promise<Target> {
  const url = query.get("url");
  if (url !== null) {
    return {
      name: url,
      client: new BacktestClient({ url }),
      startSlot: BigInt(query.get("start") ?? START_SLOT),
      program: query.get("program") ?? TOKEN_PROGRAM,
    };
  }
  // Loaded by nobody who has a simulator of their own.
  const { createLocalSimulator } = await import("simulator-client/browser/local");
  const simulator = createLocalSimulator({ startSlot: START_SLOT, slotDelayMs: SLOT_DELAY_MS });
  const { WebSocket, fetch, faults, programs } = simulator;
  return {
    name: "a simulator in this page",
    client: new BacktestClient({ url: simulator.url, WebSocket, fetch }),
    startSlot: START_SLOT,
    program: programs[0] ?? TOKEN_PROGRAM,
    cutConnections: () => faults.drop(),
  };
}
