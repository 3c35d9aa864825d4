import { FatalFailure, TransientFailure } from "../connection/channel-socket.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { JsonRpcError } from "../protocol/subscription-message.js";
import type { SubscriptionKind } from "./subscription-kind.js";
import type { SubscriptionStream } from "./subscription-stream.js";

/** JSON-RPC 2.0, 5.1: invalid request, method not found, invalid params. */
const INVALID_REQUEST_CODES: readonly number[] = [-32600, -32601, -32602];

/**
 * Returns the failure for a subscribe request that the server refused. The failure is fatal only if the request itself is invalid.
 */
export function subscribeRefused(
  kind: SubscriptionKind,
  { filter, wasAcknowledged }: SubscriptionStream,
  error: JsonRpcError,
): FatalFailure | TransientFailure {
  const message = `${kind.name}Subscribe for ${filter} was refused: ${error.message} (${error.code})`;
  const cause = new SimulatorError("subscriptionFailed", message, { cause: error });
  const isFatal = !wasAcknowledged && INVALID_REQUEST_CODES.includes(error.code);
  return isFatal ? new FatalFailure(message, { cause }) : new TransientFailure(message, { cause });
}
