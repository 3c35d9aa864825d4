import * as v from "valibot";
import { address } from "./scalars.js";
import { oneOf, tagged, text } from "./schema.js";

/** Bytes in a message: base64 and its encoding. */
export const encodedBinary = v.object({ data: text, encoding: oneOf(["base64"]) });
/** Bytes in a message: base64 and its encoding. */
export type EncodedBinary = v.InferOutput<typeof encodedBinary>;

/** The complete state of an account, for replacing it. `lamports` and `space` (bytes) are u64. */
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
/** A filter for transactions ahead of execution: a program that is executed, or a price update of an oracle. */
export type DiscoveryFilter =
  | { kind: "programExecuted"; value: string }
  | { kind: "oracleUpdate"; value: { programs: string[]; accounts?: string[] } };
