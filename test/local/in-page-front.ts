import { createLocalSimulator } from "../../src/local/in-page/index.js";
import type { StartSimulator, TestWebSocket } from "./wire-client.js";

/** Starts the simulator in this process or page, without a port. */
export const inPage: StartSimulator = async (options) => {
  const sim = createLocalSimulator(options);
  return {
    ...sim,
    close: () => sim.close(),
    open: (url, { protocols, headers }) => new sim.WebSocket(url, protocols, headers && { headers }) as unknown as TestWebSocket,
  };
};
