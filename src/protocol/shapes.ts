import * as v from "valibot";
import { address } from "./scalars.js";
import { oneOf, tagged, text } from "./schema.js";

/** Bytes in a message: base64, and the word for it. */
export const encodedBinary = v.object({ data: text, encoding: oneOf(["base64"]) });
/** Bytes in a message: base64, and the word for it. */
export type EncodedBinary = v.InferOutput<typeof encodedBinary>;

/** An account's whole state, to put in place of another. `lamports` and `space` (bytes) are u64. */
export interface AccountData {
  data: EncodedBinary;
  executable: boolean;
  lamports: bigint | number;
  owner: string;
  space: bigint | number;
}

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
