import { toSessionInfo } from "../channels/session-info.js";
import type { SessionContext } from "./context.js";
import { NoControlLink } from "./control/no-control-link.js";
import { SessionEngine } from "./session-engine.js";
import { SessionRpc } from "./session-rpc.js";
import { SubscribableSession } from "./subscribable-session.js";

/**
 * A session of another client: its subscriptions, events and JSON-RPC, without a control connection. `BacktestClient.observe`
 * creates it. The iteration ends when every subscription has ended by itself, or after `close()`.
 *
 * @example
 * await using observed = client.observe(rpcEndpoint);
 * observed.subscribeTransactions([program]);
 * for await (const event of observed) if (event.type === "transaction") console.log(event.transaction.slot);
 */
export class ObservedSession extends SubscribableSession {
  /** The URL of the session's JSON-RPC over HTTP. */
  readonly rpcEndpoint: string;

  /** @internal A `BacktestClient` creates observed sessions. */
  constructor(engine: SessionEngine, rpc: SessionRpc, rpcEndpoint: string) {
    super(engine, rpc);
    this.rpcEndpoint = rpcEndpoint;
  }

  /** Closes all connections, but not the session. Resolves when all connections are closed. */
  close(): Promise<void> {
    return this.engine.closing.end({ reason: "shutdown" });
  }

  /** The same as `close`. */
  shutdown(): Promise<void> {
    return this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Observes the session behind an RPC endpoint. Opens no connection before the first subscription. */
export function observeSession(context: SessionContext, rpcEndpoint: string): ObservedSession {
  const info = toSessionInfo(context.httpBase, { session_id: "", rpc_endpoint: rpcEndpoint });
  const link = new NoControlLink(info);
  const engine = new SessionEngine(context, link);
  link.start(engine);
  return new ObservedSession(engine, new SessionRpc(context, () => info.rpcEndpoint), info.rpcEndpoint);
}
