import { BacktestClient } from "simulator-client";

/** The simulator that the page connects to, with the settings of the run. */
export interface Target {
  /** The name that the page shows for the simulator. */
  readonly name: string;
  readonly client: BacktestClient;
  readonly startSlot: bigint;
  /** Program whose transactions are shown. */
  readonly program: string;
  /** Drops all connections. Only the simulator in the page has this function. */
  readonly dropConnections?: () => void;
}

const START_SLOT = 300_000_000n;
const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
/** Delay between blocks in ms, long enough that a user can watch the run. */
const SLOT_DELAY_MS = 20;

/** Opens the simulator at `?url=`. If the query has no `url`, opens a simulator in the page. */
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
  // The simulator is loaded only if no URL is given.
  const { createLocalSimulator } = await import("simulator-client/browser/local");
  const simulator = createLocalSimulator({ startSlot: START_SLOT, slotDelayMs: SLOT_DELAY_MS });
  const { WebSocket, fetch, faults, programs } = simulator;
  return {
    name: "a simulator in this page",
    client: new BacktestClient({ url: simulator.url, WebSocket, fetch }),
    startSlot: START_SLOT,
    program: programs[0] ?? TOKEN_PROGRAM,
    dropConnections: () => faults.drop(),
  };
}
