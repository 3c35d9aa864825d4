import * as v from "valibot";
import { findProblem } from "../../protocol/message.js";
import { count, u8, u64 } from "../../protocol/scalars.js";
import { anything, boolean, oneOf, opt, text } from "../../protocol/schema.js";
import type { Session } from "../session/local-session.js";
import { invalidRpcParams, RPC_CODES, RpcFailure } from "../wire/json-rpc.js";

/*
 * The configs of the methods, as in Agave (rpc-client-types/src/config.rs). Like Agave, the simulator validates `commitment` only
 * where the member has an effect. Unknown members are ignored, because a client may be newer than the simulator.
 */

const context = { minContextSlot: opt(u64) };
const account = { ...context, encoding: opt(text), dataSlice: opt(v.object({ offset: count, length: count })) };
const commitment = opt(oneOf(["processed", "confirmed", "finalized"]));

/** The config of a method whose response depends on the position of the session. */
export const CONTEXT_CONFIG = v.object(context);
/** The config of `getAccountInfo` and `getMultipleAccounts`. */
export const ACCOUNT_CONFIG = v.object(account);
/** The config of `getProgramAccounts`. */
export const PROGRAM_ACCOUNTS_CONFIG = v.object({
  ...account,
  filters: anything,
  withContext: opt(boolean),
  sortResults: opt(boolean),
});
/** The config of `getMinimumBalanceForRentExemption`. Only this method refuses an unknown `commitment`. */
export const COMMITMENT_CONFIG = v.object({ commitment });
/** The config of `requestAirdrop`. */
export const AIRDROP_CONFIG = v.object({ recentBlockhash: opt(text) });
/** The config of `getTransaction`. */
export const TRANSACTION_CONFIG = v.object({
  encoding: opt(oneOf(["json", "base64", "base58"])),
  commitment: anything,
  maxSupportedTransactionVersion: opt(u8),
});
/** The config of `getSignatureStatuses`. */
export const SIGNATURE_STATUS_CONFIG = v.object({ searchTransactionHistory: opt(boolean) });
/** The config of `sendTransaction`. */
export const SEND_CONFIG = v.object({
  ...context,
  skipPreflight: opt(boolean),
  preflightCommitment: commitment,
  encoding: opt(text),
  maxRetries: opt(count),
});
/** The config of `simulateTransaction`. Solana's RPC does not have the member `modifyAccountStates`. */
export const SIMULATE_CONFIG = v.object({
  ...context,
  sigVerify: opt(boolean),
  replaceRecentBlockhash: opt(boolean),
  innerInstructions: opt(boolean),
  encoding: opt(text),
  accounts: opt(v.object({ encoding: opt(text), addresses: v.array(anything) })),
  modifyAccountStates: anything,
});

/** The config of all kinds of subscriptions. Each kind reads only some members. */
export const SUBSCRIPTION_CONFIG = v.object({
  ...account,
  filters: anything,
  withContext: opt(boolean),
  enableReceivedNotification: opt(boolean),
  intraSlotUpdates: opt(boolean),
});

/**
 * Reads the config of a call. Treats a member that is null as absent. Returns an empty object if the call has no config.
 *
 * @throws RpcFailure if the config is not an object, or a member has the wrong type
 */
export function readConfig<T extends v.GenericSchema<object>>(schema: T, value: unknown): v.InferInput<T> {
  const given = value ?? {};
  if (typeof given !== "object" || Array.isArray(given)) throw invalidRpcParams("expected the config to be an object");
  const present = Object.fromEntries(Object.entries(given).filter(([, member]) => member !== null));
  const problem = findProblem(schema, present);
  if (problem !== undefined) throw invalidRpcParams(problem);
  return present as v.InferInput<T>;
}

/** Refuses a call until the session has reached `minContextSlot`. @throws RpcFailure */
export function checkContext(session: Session, { minContextSlot }: v.InferInput<typeof CONTEXT_CONFIG>): void {
  const { slot } = session;
  if (minContextSlot === undefined || minContextSlot === null || slot >= minContextSlot) return;
  throw new RpcFailure(RPC_CODES.minContextSlot, "Minimum context slot has not been reached", { contextSlot: slot });
}

/** Reads a config whose only effect is `minContextSlot`. @throws RpcFailure */
export function readContext(session: Session, value: unknown): void {
  checkContext(session, readConfig(CONTEXT_CONFIG, value));
}
