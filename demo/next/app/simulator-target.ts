import { BacktestClient } from "simulator-client";
import { createLocalSimulator } from "simulator-client/browser/local";

export const START_SLOT = 300_000_000;

/** The address of a simulator, for example of `npx simulator-client serve`. Without an address, the simulator runs in the page. */
const url = process.env.NEXT_PUBLIC_SIMULATOR_URL;

const simulator = url === undefined ? createLocalSimulator({ startSlot: START_SLOT, slots: 1_000, slotDelayMs: 20 }) : undefined;

// Creating a client opens no connections, so it is safe that Next.js also loads this module on the server.
export const client = new BacktestClient(
  simulator === undefined ? { url: String(url) } : { url: simulator.url, WebSocket: simulator.WebSocket, fetch: simulator.fetch },
);
/** The program whose transactions are shown. */
export const program = process.env.NEXT_PUBLIC_PROGRAM ?? simulator?.programs[0] ?? "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
