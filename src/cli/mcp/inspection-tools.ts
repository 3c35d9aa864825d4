import { describeError, explainTransaction } from "../../explain/explain-transaction.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import { members } from "../../protocol/message.js";
import { isAddress, readU64 } from "../../protocol/scalars.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { SessionRpc } from "../../session/session-rpc.js";
import { defaultPlatform } from "../../transport/default-platform.js";
import { MAX_ROWS } from "./bounded-output.js";
import { transactionInput } from "./change-inputs.js";
import { defineTool, type McpTool, type ToolContext } from "./mcp-tool.js";
import type { McpSession } from "./session-table.js";
import { page, pageInputs, sessionInput } from "./session-tools.js";
import { addressInput, flagInput, integerInput, listInput, optional, textInput } from "./tool-inputs.js";

/**
 * Maximum number of data bytes that are shown for each account. In base64, 700 bytes are 936 characters, and the limit for a text
 * is 1,000 characters.
 */
const MAX_DATA_BYTES = 700;
const DEFAULT_DATA_BYTES = 165;

function rpcOf({ session }: McpSession, { fetch, redact }: ToolContext): SessionRpc {
  const platform = { ...defaultPlatform, fetch: (input: string, init?: RequestInit) => fetch(input, init) };
  return new SessionRpc({ platform, redact }, () => session.info.rpcEndpoint);
}

const readAccounts = defineTool({
  name: "read_accounts",
  description: "Reads accounts of a session at its current position. Amounts are decimal strings, data is base64.",
  inputs: {
    session: sessionInput,
    addresses: listInput(addressInput("An account address."), "The accounts.", 20),
    dataOffset: optional(integerInput("The first byte of the data. Default: 0.", 0, 10_485_760)),
    dataLength: optional(integerInput(`The number of bytes of data. Default: ${DEFAULT_DATA_BYTES}.`, 0, MAX_DATA_BYTES)),
  },
  isReadOnly: true,
  call: async ({ session: id, addresses, dataOffset = 0, dataLength = DEFAULT_DATA_BYTES }, context) => {
    const rpc = rpcOf(context.sessions.get(id), context);
    const config = { encoding: "base64", dataSlice: { offset: dataOffset, length: dataLength } };
    const response = members(await rpc.call("getMultipleAccounts", [addresses, config], context.signal));
    const values = Array.isArray(response.value) ? response.value : [];
    const accounts = addresses.map((address, index) => {
      const { lamports, owner, executable, rentEpoch, space, data } = members(values[index]);
      if (lamports === undefined) return { address, exists: false };
      return {
        address,
        exists: true,
        lamports: readU64(lamports),
        owner,
        executable,
        rentEpoch: readU64(rentEpoch),
        space: readU64(space),
        data: Array.isArray(data) ? data[0] : undefined,
      };
    });
    return {
      result: { slot: readU64(members(response.context).slot), dataOffset, accounts },
      hint: "Call again with fewer addresses, or with dataOffset.",
    };
  },
});

const listTransactions = defineTool({
  name: "list_transactions",
  description: "Lists the most recent transactions of the programs of a session, the oldest first.",
  inputs: {
    session: sessionInput,
    onlyFailed: optional(flagInput("Whether only failed transactions are listed. Default: false.")),
    ...pageInputs,
  },
  isReadOnly: true,
  call: async ({ session: id, onlyFailed, ...paging }, { sessions }) => {
    const { transactions } = sessions.get(id);
    const { shown, facts } = page(transactions.list({ onlyFailed }), paging);
    const rows = shown.map(({ signature, transaction }) => ({
      signature,
      slot: transaction.slot,
      error: describeError(transaction)?.text,
    }));
    return {
      result: { received: transactions.received, failed: transactions.failed, ...facts, transactions: rows },
      rows: MAX_ROWS,
      hint: "Call again with offset, or with a smaller limit.",
    };
  },
});

const explain = defineTool({
  name: "explain_transaction",
  description:
    "Explains a transaction: its instructions, logs, error and balance changes. Give the session and the signature, or the bytes of a transaction in base64.",
  inputs: {
    session: optional(sessionInput),
    signature: optional(textInput("The signature of a transaction of the session, in base58.", 88)),
    transaction: optional(transactionInput),
    rows: optional(integerInput("The maximum number of items of each list. Default: 50.", 1, MAX_ROWS)),
  },
  isReadOnly: true,
  call: async ({ session: id, signature, transaction, rows = 50 }, context) => {
    const isByBytes = transaction !== undefined;
    if (isByBytes ? id !== undefined || signature !== undefined : id === undefined || signature === undefined) {
      throw invalidParams("transaction", "give either session and signature, or transaction");
    }
    const found = isByBytes ? transaction : await findTransaction(context.sessions.get(id ?? ""), signature ?? "", context);
    const hint = "Call again with another number of rows. The complete transaction is at the session's RPC (getTransaction).";
    return { result: explainTransaction(found), rows, hint };
  },
});

/**
 * Finds a transaction in the received transactions. If the transaction is not among them, requests it from the RPC of the
 * session.
 *
 * @throws SimulatorError
 */
async function findTransaction(entry: McpSession, signature: string, context: ToolContext): Promise<unknown> {
  const received = entry.transactions.get(signature);
  if (received !== undefined) return received;
  if (!/^[1-9A-HJ-NP-Za-km-z]{64,88}$/.test(signature) || isAddress(signature)) {
    throw invalidParams("signature", "expected a signature in base58");
  }
  const config = { encoding: "base64", commitment: "confirmed", maxSupportedTransactionVersion: 1 };
  const found = await rpcOf(entry, context).call("getTransaction", [signature, config], context.signal);
  if (found !== null) return found;
  throw new SimulatorError("nothingMatched", `the session ${entry.id} has no transaction with this signature`);
}

export const INSPECTION_TOOLS: readonly McpTool[] = [readAccounts, listTransactions, explain];
