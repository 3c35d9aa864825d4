import { encodeBase64 } from "../../src/codec/base64.js";
import { stringifyJson } from "../../src/codec/json.js";
import { compress } from "../../src/codec/zstd.js";

/** Encodes a value as a compressed field: the base64 of a zstd frame with the JSON of the value. */
export function pack(value: unknown): string {
  return encodeBase64(compress(new TextEncoder().encode(stringifyJson(value))));
}

export interface Action {
  anchor: { at: string; slots?: readonly number[]; everyNSlots?: number; filter?: unknown };
  transactions?: readonly string[];
  [member: string]: unknown;
}

/** Encodes actions for the field `actions` of a create request. */
export async function packActions(actions: readonly Action[]): Promise<string> {
  return pack(
    await Promise.all(
      actions.map(async ({ anchor: { slots, ...anchor }, transactions, ...rest }) => ({
        ...rest,
        anchor: { ...anchor, ...(slots !== undefined && { slots: await pack(slots) }) },
        ...(transactions !== undefined && { transactions: await pack(transactions) }),
      })),
    ),
  );
}
