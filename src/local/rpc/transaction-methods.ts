import { encodeBase58 } from "../../codec/base58.js";
import { decodeBase64, encodeBase64 } from "../../codec/base64.js";
import { parseJson, stringifyJson } from "../../codec/json.js";
import { accountModifications } from "../../protocol/account-modifications.js";
import { findProblem } from "../../protocol/message.js";
import type { AccountData } from "../../protocol/shapes.js";
import { toAccountData } from "../engine/account-state.js";
import type { EngineSession, ExecutedTransaction, SimulateOptions, Simulation } from "../engine/engine.js";
import { NO_TRANSACTIONS, SEND_TRANSACTION, unsupportedInReplay } from "../extras/state-replay.js";
import { accountEncoder } from "../notifications/account-encoding.js";
import { transactionJson } from "../notifications/notification-results.js";
import type { Session } from "../session/local-session.js";
import { invalidRpcParams, RPC_CODES, RpcFailure } from "../wire/json-rpc.js";
import { describeTransactionError } from "../wire/transaction-error.js";
import { parseTransaction } from "../wire/wire-transaction.js";
import {
  checkContext,
  readConfig,
  readContext,
  SEND_CONFIG,
  SIGNATURE_STATUS_CONFIG,
  SIMULATE_CONFIG,
  TRANSACTION_CONFIG,
} from "./rpc-config.js";
import { inContext, type RpcMethods, readAddresses, readSignature, readText } from "./rpc-method.js";
import { readWire } from "./wire-encoding.js";

/** The `transactionConfig` of a version 1 message that sets no members. */
const NO_CONFIG = { priorityFee: null, computeUnitLimit: null, loadedAccountsDataSizeLimit: null, heapSize: null };

/** The maximum number of signatures per call, as in Solana's RPC. */
const MAX_SIGNATURES = 256;
const MAX_RETURNED_ACCOUNTS = 64;

/** Methods that read, simulate and send transactions. */
export const TRANSACTION_METHODS: RpcMethods = {
  getTransaction: (session, [given, config]) => {
    refuseReplay(session, "getTransaction");
    const signature = readSignature(given);
    // Older clients pass the encoding instead of a config.
    const read = readConfig(TRANSACTION_CONFIG, typeof config === "string" ? { encoding: config } : config);
    const { encoding = "json", commitment, maxSupportedTransactionVersion } = read;
    if (commitment === "processed") throw invalidRpcParams("the method does not support commitment below `confirmed`");
    const executed = session.notifications.transaction(signature);
    if (executed === undefined) return null;
    checkVersion(executed, maxSupportedTransactionVersion);
    const { version, ...result } = parseJson(
      transactionJson(executed, stringifyJson(encodeTransaction(executed, encoding))),
    ) as Record<string, unknown>;
    // Like Solana, omits the version if the client has not set `maxSupportedTransactionVersion`.
    return maxSupportedTransactionVersion === undefined ? result : { ...result, version };
  },
  getSignatureStatuses: (session, [signatures, config]) => {
    refuseReplay(session, "getSignatureStatuses");
    readConfig(SIGNATURE_STATUS_CONFIG, config);
    if (!Array.isArray(signatures) || signatures.length > MAX_SIGNATURES) {
      throw invalidRpcParams(`expected a list of at most ${MAX_SIGNATURES} signatures`);
    }
    return inContext(
      session,
      signatures.map(readSignature).map((signature) => statusOf(session.notifications.transactionOrRefused(signature))),
    );
  },
  getFeeForMessage: async (session, [message, config]) => {
    const bytes = readWire(message, "base64");
    readContext(session, config);
    const fee = await session.withEngine((engine) => needs(engine, "feeForMessage").call(engine, bytes));
    return inContext(session, fee);
  },
  simulateTransaction: async (session, [wire, given]) => {
    const config = readConfig(SIMULATE_CONFIG, given);
    checkContext(session, config);
    const { sigVerify, replaceRecentBlockhash, innerInstructions, accounts, modifyAccountStates = {} } = config;
    const problem = findProblem(accountModifications, modifyAccountStates);
    if (problem !== undefined) throw invalidRpcParams(problem);
    // Like Solana, refuses `sigVerify` with `replaceRecentBlockhash`, because the signatures are valid only for the original
    // blockhash.
    if (sigVerify === true && replaceRecentBlockhash === true) {
      throw invalidRpcParams("sigVerify may not be used with replaceRecentBlockhash");
    }
    const { addresses, encoding } = accounts ?? {};
    const returnAccounts = addresses === undefined ? [] : readAddresses(addresses, MAX_RETURNED_ACCOUNTS);
    const encode = accountEncoder(encoding ?? "base64", undefined, "refuse");
    const simulation = await simulate(session, readBase64(wire, config), {
      accountOverrides: modifyAccountStates as Record<string, AccountData>,
      returnAccounts,
      verifySignatures: sigVerify === true,
      checkBlockhash: replaceRecentBlockhash !== true,
    });
    const { latestBlockhash } = session.engine;
    const replacementBlockhash =
      replaceRecentBlockhash === true && latestBlockhash !== undefined
        ? await session.withEngine((engine) => latestBlockhash.call(engine))
        : undefined;
    const states = returnAccounts.map((address) => simulation.accounts.get(address));
    return inContext(session, {
      ...outcomeOf(simulation),
      accounts: addresses === undefined ? null : states.map((state) => (state === undefined ? null : parseJson(encode(state)))),
      ...(replacementBlockhash !== undefined && { replacementBlockhash }),
      ...(innerInstructions === true && { innerInstructions: simulation.transactions[0]?.meta.innerInstructions }),
    });
  },
  sendTransaction: async (session, [wire, given]) => {
    if (session.replaysState) {
      throw new RpcFailure(RPC_CODES.invalidRequest, unsupportedInReplay("sendTransaction", SEND_TRANSACTION));
    }
    const config = readConfig(SEND_CONFIG, given);
    checkContext(session, config);
    const base64 = readBase64(wire, config);
    if (config.skipPreflight !== true && session.engine.simulate !== undefined) {
      const outcome = outcomeOf(await simulate(session, base64, { verifySignatures: true, checkBlockhash: true }));
      if (outcome.err !== null) {
        const why = `Transaction simulation failed: ${describeTransactionError(outcome.err)}`;
        throw new RpcFailure(RPC_CODES.preflightFailure, why, { ...outcome, accounts: null });
      }
    }
    const [executed] = await session.send([base64]);
    return executed?.signatures[0] ?? null;
  },
};

/** Like Solana, refuses a transaction whose version is above `maxSupportedTransactionVersion`. @throws RpcFailure */
function checkVersion({ version }: ExecutedTransaction, supported: number | bigint | null = -1): void {
  if (version === "legacy" || version <= Number(supported)) return;
  const problem = `Transaction version (${version}) is not supported by the requesting client.`;
  const remedy = `Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": ${version}`;
  throw new RpcFailure(RPC_CODES.transactionVersion, `${problem} ${remedy}`);
}

/**
 * Throws an error if the session replays account states. Such a session executes no transactions, so the result "not found" would
 * be misleading.
 */
function refuseReplay(session: Session, method: string): void {
  if (!session.replaysState) return;
  throw new RpcFailure(RPC_CODES.noTransactionHistory, unsupportedInReplay(method, NO_TRANSACTIONS));
}

/** Converts a transaction from a client to base64, which the engine expects. The default encoding is base58, as on Solana. */
function readBase64(wire: unknown, { encoding = "base58" }: { encoding?: string | null }): string {
  if (encoding === "base64") return readText(wire, "a transaction in base64");
  return encodeBase64(readWire(wire, encoding));
}

function simulate(session: Session, base64: string, options: SimulateOptions): Promise<Simulation> {
  const standing = [...session.overrides].map(([address, state]) => [address, toAccountData(state)] as const);
  const accountOverrides = { ...Object.fromEntries(standing), ...options.accountOverrides };
  return session.withEngine((engine) => needs(engine, "simulate").call(engine, [base64], { ...options, accountOverrides }));
}

/** Returns an optional method of the engine. @throws RpcFailure if the engine does not have the method */
function needs<K extends "simulate" | "feeForMessage">(engine: EngineSession, member: K): NonNullable<EngineSession[K]> {
  const found = engine[member];
  if (found === undefined) throw new RpcFailure(RPC_CODES.methodNotFound, `this engine does not support ${member}`);
  return found as NonNullable<EngineSession[K]>;
}

function outcomeOf({
  transactions: [executed],
  loadedAccountsDataSizes: [loadedAccountsDataSize] = [],
}: Simulation): { err: unknown; logs: readonly string[] | null } & Record<string, unknown> {
  if (executed === undefined) return { err: null, logs: null };
  const { err, logMessages, computeUnitsConsumed, returnData = null, fee } = executed.meta;
  return { err, logs: logMessages, unitsConsumed: computeUnitsConsumed, loadedAccountsDataSize, returnData, fee };
}

/** Returns the status of a transaction. Executed transactions are always finalized, because the simulator has no forks. */
function statusOf(executed: ExecutedTransaction | undefined): unknown {
  if (executed === undefined) return null;
  const { err, status } = executed.meta;
  return { slot: executed.slot, confirmations: null, err, status, confirmationStatus: "finalized" };
}

function encodeTransaction({ wire }: ExecutedTransaction, encoding: unknown): unknown {
  switch (encoding) {
    case "base64":
      return [wire, "base64"];
    case "base58":
      return [encodeBase58(decodeBase64(wire)), "base58"];
    case "json": {
      const { signatures, keys, header, blockhash, instructions, version, lookups, config } = parseTransaction(
        decodeBase64(wire),
      );
      return {
        signatures: signatures.map(encodeBase58),
        message: {
          accountKeys: keys,
          header,
          recentBlockhash: blockhash,
          instructions: instructions.map(({ programIdIndex, accounts, data }) => ({
            programIdIndex,
            accounts,
            data: encodeBase58(data),
            stackHeight: null,
          })),
          ...(version === 0 && { addressTableLookups: lookups }),
          ...(config !== undefined && { transactionConfig: { ...NO_CONFIG, ...config } }),
        },
      };
    }
    default:
      throw invalidRpcParams("expected encoding to be json, base64 or base58");
  }
}
