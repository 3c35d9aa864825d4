import * as v from "valibot";
import { address, u64 } from "./scalars.js";
import { boolean, oneOf, tagged, text } from "./schema.js";

/** Bytes in a message: base64, and the word for it. */
export const encodedBinary = v.object({ data: text, encoding: oneOf(["base64"]) });
/** Bytes in a message: base64, and the word for it. */
export type EncodedBinary = v.InferOutput<typeof encodedBinary>;

const accountData = v.object({ data: encodedBinary, executable: boolean, lamports: u64, owner: address, space: u64 });
/** An account's whole state, to put in place of another. `lamports` and `space` (bytes) are u64. */
export type AccountData = v.InferInput<typeof accountData>;

/** Account states by address. */
export const accountModifications = v.record(address, accountData);

export const discoveryFilter = tagged("kind", {
  programExecuted: { value: address },
  oracleUpdate: {
    value: v.pipe(
      v.object({ programs: v.array(address), accounts: v.optional(v.array(address), []) }),
      v.transform(({ programs, accounts }): { programs: string[]; accounts?: string[] } =>
        accounts.length === 0 ? { programs } : { programs, accounts },
      ),
    ),
  },
});
/** What a session looks out for ahead of execution: a program that runs, or an oracle's write of its prices. */
export type DiscoveryFilter =
  | { kind: "programExecuted"; value: string }
  | { kind: "oracleUpdate"; value: { programs: string[]; accounts?: string[] } };
