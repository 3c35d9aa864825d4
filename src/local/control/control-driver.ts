import type { WireBacktestError } from "../../protocol/backtest-error.js";
import type { DecodedRequest } from "../../protocol/requests.js";

/** A decoded request with a given method. */
export type Request<M extends DecodedRequest["method"]> = Extract<DecodedRequest, { method: M }>;

/** Handles the requests of a control connection after the first request, which created a session or attached to one. */
export interface ControlDriver {
  /** Handles a request. @throws BacktestFailure the error to pass to `refuse` */
  answer(request: DecodedRequest): void | Promise<void>;
  /**
   * Answers a request that failed.
   *
   * @param request the request; `undefined` if it was unreadable
   */
  refuse(error: WireBacktestError, request: DecodedRequest | undefined): void;
  /** Sends pending frames as long as the link accepts them. */
  pump(): void;
  /** Called when the connection has ended, or when another connection has taken over the session. */
  left(): void;
}
