import type { WireBacktestError } from "../../protocol/backtest-error.js";
import type { DecodedRequest } from "../../protocol/requests.js";

/** A request of one method. */
export type Request<M extends DecodedRequest["method"]> = Extract<DecodedRequest, { method: M }>;

/** Handles the requests of a control connection after its create or attach. */
export interface ControlDriver {
  /** @throws BacktestFailure the error to answer the request with */
  answer(request: DecodedRequest): void | Promise<void>;
  /**
   * Answers a request that failed.
   *
   * @param request absent if it was unreadable
   */
  refuse(error: WireBacktestError, request: DecodedRequest | undefined): void;
  /** Sends pending frames while the link has room. */
  pump(): void;
  /** The connection was closed or evicted. */
  left(): void;
}
