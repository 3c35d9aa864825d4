import { stringifyJson } from "../codec/json.js";
import type { SubscriptionKind } from "./subscription-kind.js";
import type { SubscriptionStream } from "./subscription-stream.js";

export interface SubscribeRequestOptions {
  /** The JSON-RPC id. */
  id: number;
  /** Additional members for the config in the request. */
  config: Readonly<Record<string, unknown>> | undefined;
  isCompressed: boolean;
}

/** Returns the text of a subscribe request. The stream continues at the last received slot, or starts at the beginning. */
export function subscribeRequest(
  kind: SubscriptionKind,
  { filter, received }: SubscriptionStream,
  { id, config: more, isCompressed }: SubscribeRequestOptions,
): string {
  const [what, config] = kind.params(filter);
  const { slot } = received;
  const fullConfig = {
    ...config,
    ...more,
    replayFromSlot: slot,
    ...(isCompressed && { compression: "zstd" }),
  };
  const params = config === undefined ? [] : [what, fullConfig];
  return stringifyJson({ jsonrpc: "2.0", id, method: `${kind.name}Subscribe`, params });
}
