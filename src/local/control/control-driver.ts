import type { WireBacktestError } from "../../protocol/backtest-error.js";
import type { DecodedRequest } from "../../protocol/requests.js";

/** A request of one method. */
export type Request<M extends DecodedRequest["method"]> = Extract<DecodedRequest, { method: M }>;

/** What a control connection says and is told, once it is known what it drives. */
export interface ControlDriver {
  /** @throws BacktestFailure what the request is answered with */
  answer(request: DecodedRequest): void | Promise<void>;
  /**
   * Tells of a request that can't be carried out.
   *
   * @param request absent if it couldn't be read
   */
  refuse(error: WireBacktestError, request: DecodedRequest | undefined): void;
  /** Sends what there is to be said, as long as the link takes it. */
  pump(): void;
  /** The connection has gone, or was evicted. */
  left(): void;
}
