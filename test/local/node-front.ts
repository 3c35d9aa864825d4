import { WebSocket } from "ws";
import { startLocalSimulator } from "../../src/local/index.js";
import type { StartSimulator, TestWebSocket } from "./wire-client.js";

/** Starts the simulator on a port, so that tests use real sockets. */
export const overSockets: StartSimulator = async (options) => {
  const sim = await startLocalSimulator(options);
  return {
    ...sim,
    fetch,
    close: () => sim.close(),
    open: (url, { protocols = [], headers }) =>
      new WebSocket(url, protocols, { ...(headers && { headers }) }) as unknown as TestWebSocket,
  };
};
