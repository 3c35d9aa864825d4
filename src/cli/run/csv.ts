import type { ManagedEvent } from "../../channels/managed-events.js";
import { stringifyJson } from "../../codec/json.js";
import type { UiAccount } from "../../protocol/account-diff.js";
import { transactionSignature } from "../../protocol/transaction.js";

const COLUMNS = [
  "type",
  "slot",
  "block_time",
  "tx_index",
  "signature",
  "program",
  "account",
  "err",
  "fee",
  "compute_units",
  "lamports_before",
  "lamports_after",
  "bytes_before",
  "bytes_after",
] as const;

/** The server's values are not validated, so that each can have any type. */
type Row = Partial<Record<(typeof COLUMNS)[number], unknown>>;

/** The line end of RFC 4180. */
const LINE_END = "\r\n";

export const CSV_HEADER = `${COLUMNS.join(",")}${LINE_END}`;

/** A transaction or an account change as a line of CSV (RFC 4180); `undefined` for all other events. */
export function csvLine(event: ManagedEvent): string | undefined {
  switch (event.type) {
    case "transaction": {
      const { program, transaction } = event;
      const { slot, blockTime, transactionIndex, meta } = transaction;
      return line({
        type: "transaction",
        slot,
        block_time: blockTime,
        tx_index: transactionIndex,
        signature: transactionSignature(transaction),
        program,
        err: (meta?.err ?? null) === null ? "" : stringifyJson(meta?.err),
        fee: meta?.fee,
        compute_units: meta?.computeUnitsConsumed,
      });
    }
    case "accountDiff": {
      const { program, diff } = event;
      return line({
        type: "accountDiff",
        slot: diff.context.slot,
        block_time: diff.blockTime,
        tx_index: diff.txIndex,
        signature: diff.signature,
        program,
        account: diff.account,
        lamports_before: diff.pre?.lamports,
        lamports_after: diff.post?.lamports,
        bytes_before: bytesOf(diff.pre),
        bytes_after: bytesOf(diff.post),
      });
    }
    default:
      return undefined;
  }
}

function bytesOf(account: UiAccount | undefined): unknown {
  if (account?.space !== undefined) return account.space;
  const data: unknown = account?.data?.[0];
  return typeof data === "string" ? Buffer.byteLength(data, "base64") : undefined;
}

function line(row: Row): string {
  return `${COLUMNS.map((column) => cell(row[column])).join(",")}${LINE_END}`;
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = withoutFormulas(typeof value === "string" ? value : stringifyJson(value));
  return /^\s|\s$|[",;\t\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * The start of a formula: `=`, `+`, `-` or `@`, also full-width, after any white space, quotes and invisible characters; or a
 * tab or carriage return (https://owasp.org/www-community/attacks/CSV_Injection). A spreadsheet may also split cells at
 * semicolons, tabs and line breaks.
 */
const FORMULA = /(^|[;\t\r\n|])(?=[\s\p{C}"'`]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r])/gu;

/** A number is not a formula. */
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;

/** A spreadsheet shows a cell that starts with an apostrophe as text. */
function withoutFormulas(text: string): string {
  return NUMBER.test(text) ? text : text.replace(FORMULA, "$1'");
}
