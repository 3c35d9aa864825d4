import * as v from "valibot";
import { address } from "./scalars.js";
import { oneOf, tagged, text } from "./schema.js";

/** Bytes in a message: the base64 text and the name of the encoding. */
export const encodedBinary = v.object({ data: text, encoding: oneOf(["base64"]) });
/** Bytes in a message: the base64 text and the name of the encoding. */
export type EncodedBinary = v.InferOutput<typeof encodedBinary>;

/** The complete state that replaces an account's state. `lamports` and `space` (bytes) are u64. */
export interface AccountData {
  /** The content of the account. */
  data: EncodedBinary;
  /** Whether the account is a program. */
  executable: boolean;
  /** The balance in lamports. */
  lamports: bigint | number;
  /** The address of the program that owns the account. */
  owner: string;
  /** Size of the content in bytes. */
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
/**
 * A filter that finds transactions before they are executed. It selects transactions that execute a program or update the price
 * of an oracle.
 */
export type DiscoveryFilter =
  | {
      kind: "programExecuted";
      /** The address of the program. */
      value: string;
    }
  | {
      kind: "oracleUpdate";
      /** The programs of the oracle, and the price accounts. Without `accounts`, every account matches. */
      value: { programs: string[]; accounts?: string[] };
    };
