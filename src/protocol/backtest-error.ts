import * as v from "valibot";
import { count, u64 } from "./integers.js";
import { oneOf, text } from "./schema.js";

const slotError = v.object({ slot: u64, error: text });
const slotRange = v.object({ start_slot: u64, end_slot: u64 });
const reason = v.object({ error: text });
const transactionError = v.object({ index: count, error: text });
const accountError = v.object({ address: text, error: text });

/** Errors with the wire format `{ [name]: value }`. Each entry is the schema of the value. */
const WITH_FIELDS = {
  invalidTransactionEncoding: transactionError,
  invalidTransactionFormat: transactionError,
  invalidAccountEncoding: v.object({ address: text, encoding: text, error: text }),
  invalidAccountOwner: accountError,
  invalidAccountPubkey: accountError,
  bundleNotFound: slotRange,
  noProducedBlocksInRange: slotRange,
  advanceSlotFailed: slotError,
  finalizeSlotFailed: slotError,
  invalidBlockhashFormat: slotError,
  initializingSysvarsFailed: slotError,
  invalidRequest: reason,
  internal: reason,
  clerkError: reason,
  simulationError: reason,
  // The id of a session, or of the control session of a parallel run.
  sessionNotFound: v.object({ session_id: text }),
  sessionOwnershipBusy: v.object({ reason: text }),
  sessionNameTaken: v.object({ session_name: text }),
};

/** The errors whose wire format is just a string. */
const BARE = ["noMoreBlocks", "sessionOwnerMismatch"] as const;

type Bare = (typeof BARE)[number];
type WithFields = { [K in keyof typeof WITH_FIELDS]: v.InferOutput<(typeof WITH_FIELDS)[K]> };

/** The wire format of a BacktestError: a string, or an object with one key. */
export type WireBacktestError = Bare | { [K in keyof WithFields]: { [P in K]: WithFields[K] } }[keyof WithFields];

const bare = oneOf(BARE);

/** The wire format of a BacktestError: a string, or an object with one key. */
export const backtestErrorSchema = v.lazy((wire) => {
  const [kind, ...others] = typeof wire === "object" && wire !== null ? Object.keys(wire) : [];
  const isKnown = kind !== undefined && others.length === 0 && Object.hasOwn(WITH_FIELDS, kind);
  return isKnown ? v.object({ [kind]: WITH_FIELDS[kind as keyof WithFields] }) : bare;
}) as unknown as v.GenericSchema<unknown, WireBacktestError>;

type Camel<S extends string> = S extends `${infer A}_${infer B}` ? `${A}${Capitalize<B>}` : S;
type CamelKeys<T> = { [K in keyof T as Camel<K & string>]: T[K] };

/**
 * An error that the server reports, discriminated by `kind`. Slots are `bigint`.
 *
 * @example if (error.kind === "sessionNotFound") console.log(error.sessionId);
 */
export type BacktestError =
  | { [K in Bare]: { kind: K } }[Bare]
  | { [K in keyof WithFields]: { kind: K } & CamelKeys<WithFields[K]> }[keyof WithFields];

/** Converts an error from its wire format to its public form. */
export function fromWireError(wire: WireBacktestError): BacktestError {
  if (typeof wire === "string") return { kind: wire };
  const [kind, fields] = Object.entries(wire)[0] as [string, Record<string, unknown>];
  const error: Record<string, unknown> = { kind };
  for (const [key, value] of Object.entries(fields))
    error[key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())] = value;
  return error as unknown as BacktestError;
}

/** Describes an error as text, with its kind and its details. */
export function describeBacktestError(error: BacktestError): string {
  const { kind, ...fields } = error;
  const details = Object.entries(fields).map(([key, value]) =>
    key === "error" || key === "reason" ? String(value) : `${key} ${value}`,
  );
  return details.length === 0 ? kind : `${kind} (${details.join(", ")})`;
}

const TERMINAL: readonly BacktestError["kind"][] = [
  "noMoreBlocks",
  "bundleNotFound",
  "advanceSlotFailed",
  "finalizeSlotFailed",
  "internal",
  "noProducedBlocksInRange",
];

/** Whether this error ends a running session. */
export function isTerminal(error: BacktestError): boolean {
  return TERMINAL.includes(error.kind);
}
