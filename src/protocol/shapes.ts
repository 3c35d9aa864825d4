import * as v from "valibot";
import { address, u64 } from "./scalars.js";

/** Bytes in a message: base64, and the word for it. */
export const encodedBinary = v.object({ data: v.string(), encoding: v.literal("base64") });
export type EncodedBinary = v.InferOutput<typeof encodedBinary>;

/** An account's whole state, to put in place of another. `lamports` and `space` (bytes) are u64. */
export const accountData = v.object({
  data: encodedBinary,
  executable: v.boolean(),
  lamports: u64,
  owner: address,
  space: u64,
});
/** An account's whole state, to put in place of another. `lamports` and `space` (bytes) are u64. */
export type AccountData = v.InferInput<typeof accountData>;

/** Account states by address. */
export const accountModifications = v.record(address, accountData);

const programExecuted = v.object({ kind: v.literal("programExecuted"), value: address });
const oracleUpdate = v.object({
  kind: v.literal("oracleUpdate"),
  value: v.pipe(
    v.object({ programs: v.array(address), accounts: v.optional(v.array(address), []) }),
    v.transform(({ programs, accounts }) => (accounts.length === 0 ? { programs } : { programs, accounts })),
  ),
});

export const discoveryFilter = v.variant("kind", [programExecuted, oracleUpdate]);
/** What a session looks out for ahead of execution: a program that runs, or an oracle's write of its prices. */
export type DiscoveryFilter =
  | { kind: "programExecuted"; value: string }
  | { kind: "oracleUpdate"; value: { programs: string[]; accounts?: string[] } };
