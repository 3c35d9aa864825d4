import { WebSocket } from "ws";
import { startLocalSimulator } from "../../src/local/index.js";
import type { StartSimulator, TestWebSocket } from "./wire-client.js";

/** The simulator on a port, over real sockets. */
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
