import { Connection } from "@solana/web3.js";
import { onTestFinished } from "vitest";

/** The WebSocket client inside a `Connection` of @solana/web3.js. It is not part of the types of that package. */
interface SocketOwner {
  _rpcWebSocket: { setAutoReconnect(isOn: boolean): void; close(): void };
}

/** Connects @solana/web3.js to a session. When the test ends, closes the connection, which would reconnect forever. */
export function web3ConnectionTo({ info }: { info: { rpcEndpoint: string; wsEndpoint: string } }): Connection {
  // Without `wsEndpoint`, the connection would open its WebSocket on the next port, the RPC port plus 1.
  const connection = new Connection(info.rpcEndpoint, { commitment: "confirmed", wsEndpoint: info.wsEndpoint });
  onTestFinished(() => {
    const { _rpcWebSocket: socket } = connection as unknown as SocketOwner;
    socket.setAutoReconnect(false);
    socket.close();
  });
  return connection;
}
