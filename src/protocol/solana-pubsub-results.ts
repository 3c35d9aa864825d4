import * as v from "valibot";
import { uiAccount } from "./account-diff-notification.js";
import { u64 } from "./scalars.js";
import { anything, text } from "./schema.js";

/** Returns the schema of the envelope of results in Solana's PubSub: the slot, and the value at that slot. */
function atSlot<T extends v.GenericSchema>(value: T) {
  return v.object({ context: v.object({ slot: u64 }), value });
}

/** The results of Solana's subscriptions, as documented for its RPC WebSocket. Account data is in base64. */
export const logsResult = atSlot(v.object({ signature: text, err: anything, logs: v.array(text) }));
export const accountResult = atSlot(uiAccount);
export const programResult = atSlot(v.object({ pubkey: text, account: uiAccount }));
export const signatureResult = atSlot(v.object({ err: anything }));
export const slotResult = v.object({ slot: u64, parent: u64, root: u64 });
