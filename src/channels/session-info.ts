import { definedOnly } from "../protocol/message.js";
import { httpToWsUrl, resolveRpcEndpoint } from "../protocol/urls.js";

/** A session, as the server describes it. */
export interface SessionInfo {
  /** `backtest_` and 32 hex digits. */
  readonly sessionId: string;
  /** The absolute URL of the session's JSON-RPC over HTTP, for `createSolanaRpc` of `@solana/kit`. */
  readonly rpcEndpoint: string;
  /** The absolute URL of the WebSocket for the session's subscriptions. */
  readonly wsEndpoint: string;
  /** The id of the server task that executes the session, if the server reports it. */
  readonly taskId?: string;
  /** The name of the session, if it has one. */
  readonly sessionName?: string;
}

/** Reads the parameters of `sessionCreated` or `sessionAttached`. */
export function toSessionInfo(
  httpBase: string,
  created: { session_id: string; rpc_endpoint: string; task_id?: string | undefined; session_name?: string | undefined },
): SessionInfo {
  const rpcEndpoint = resolveRpcEndpoint(httpBase, created.rpc_endpoint);
  return definedOnly({
    sessionId: created.session_id,
    rpcEndpoint,
    wsEndpoint: httpToWsUrl(rpcEndpoint),
    taskId: created.task_id,
    sessionName: created.session_name,
  });
}
