import { encodeBase58 } from "../codec/base58.js";
import { decodeBase64 } from "../codec/base64.js";
import { parseJson } from "../codec/json.js";
import { cancelled, invalidParams, toText } from "../protocol/error-helpers.js";
import { describeUnreadable, members, WIRE_LIMITS, writeParams } from "../protocol/message.js";
import { readU64, toAddress } from "../protocol/scalars.js";
import type { AccountData } from "../protocol/shapes.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { transactionSignature } from "../protocol/transaction-notification.js";
import { onAbort } from "../transport/on-abort.js";
import type { Platform } from "../transport/platform.js";
import { withDeadline } from "../transport/request-deadline.js";
import { MAX_RESPONSE, responseText } from "../transport/response-text.js";
import type { InjectedTransaction, TransactionOutcome } from "./continues/injected-transactions.js";
import { programOverride, UPGRADEABLE_LOADER } from "./program-override.js";

/**
 * A program account consists of `PROGRAM_TAG` (4 bytes) and the address of its ProgramData account. This is the byte offset of
 * the address.
 */
const PROGRAM_DATA_ADDRESS_AT = 4;
const ADDRESS_BYTES = 32;
/** The value that marks a program account. */
const PROGRAM_TAG = 2;
/** The first bytes of an ELF file. */
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

/** The maximum number of attempts, the same as in the Rust crate. The service answers 503 while a session is starting. */
const MAX_TRIES = 11;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 10_000;
/** Time limit of one response from the session's RPC, in ms. The same as in the RPC client of the Rust crate. */
const RESPONSE_MS = 30_000;

/** The members of `SessionContext` that the RPC of a session uses. */
export interface RpcContext {
  readonly platform: Pick<Platform, "fetch" | "setTimeout" | "clearTimeout">;
  /** Removes secrets from the response of a refused call. */
  redact(text: string): string;
}

/** The JSON-RPC of a session. */
export class SessionRpc {
  readonly #context: RpcContext;
  readonly #platform: RpcContext["platform"];
  readonly #endpoint: () => string;

  /** @param endpoint called for each request, because a re-attach may change the endpoint */
  constructor(context: RpcContext, endpoint: () => string) {
    this.#context = context;
    this.#platform = context.platform;
    this.#endpoint = endpoint;
  }

  /**
   * Calls a method and returns its result. Integers that a double cannot represent are `bigint`. HTTP 503 is retried up to 10
   * times.
   *
   * @throws SimulatorError `http` for an error or an unreadable response, `unreachable`, `timeout`, `cancelled`
   */
  async call(method: string, params: unknown[], signal?: AbortSignal): Promise<unknown> {
    const request = writeParams({ jsonrpc: "2.0", id: 1, method, params }, method);
    for (let tries = 1; ; tries++) {
      const { status, body } = await this.#post(method, request, signal);
      if (status !== 503 || tries === MAX_TRIES) return readResult(method, status, body, this.#context.redact);
      await this.#wait(Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), MAX_WAIT_MS), method, signal);
    }
  }

  /** Sends one request. @throws SimulatorError `unreachable`, `timeout`, `cancelled`, or `http` for a response that is too long */
  async #post(method: string, body: string, signal: AbortSignal | undefined): Promise<{ status: number; body: string }> {
    const answer = await withDeadline(this.#platform, { what: method, timeoutMs: RESPONSE_MS, signal }, async (stop) => {
      try {
        const headers = { "Content-Type": "application/json" };
        const response = await this.#platform.fetch(this.#endpoint(), { method: "POST", headers, body, signal: stop });
        return { status: response.status, body: await responseText(response, MAX_RESPONSE) };
      } catch (cause) {
        throw new SimulatorError("unreachable", `${method}: could not reach the session's RPC`, { cause });
      }
    });
    if (answer.body.length <= MAX_RESPONSE) return answer;
    throw new SimulatorError("http", `${method}: the response is longer than 64 MiB`);
  }

  /** Sets account states. Resolves with the number of accounts. @throws SimulatorError */
  async modifyAccounts(accounts: Record<string, AccountData>): Promise<number> {
    await this.call("modifyAccounts", [accounts]);
    return Object.keys(accounts).length;
  }

  /**
   * Builds the account states that replace a program. Reads slot, authority and lamports from the session.
   *
   * @throws SimulatorError
   */
  async programOverride(program: string, elf: Uint8Array): Promise<Record<string, AccountData>> {
    const { data: account, owner } = await this.#readAccount(toAddress(program, "program"));
    if (owner !== UPGRADEABLE_LOADER) {
      throw new SimulatorError(
        "http",
        `${program} is not an upgradeable program: its owner is ${toText(owner)}, not ${UPGRADEABLE_LOADER}`,
      );
    }
    if (account.length !== PROGRAM_DATA_ADDRESS_AT + ADDRESS_BYTES || account[0] !== PROGRAM_TAG) {
      const message = `${program} is not an upgradeable program: its account does not name a ProgramData account`;
      throw new SimulatorError("http", message);
    }
    if (!ELF_MAGIC.every((byte, index) => elf[index] === byte)) {
      throw invalidParams("elf", "expected an ELF file, the .so that cargo build-sbf writes");
    }
    const programDataAddress = encodeBase58(account.subarray(PROGRAM_DATA_ADDRESS_AT));
    const { data: existing } = await this.#readAccount(programDataAddress);
    const authority = existing[12] === 1 ? encodeBase58(existing.subarray(13, 45)) : undefined;
    const [slot, rent] = await Promise.all([
      this.call("getSlot", []),
      this.call("getMinimumBalanceForRentExemption", [45 + elf.length]),
    ]);
    return programOverride({
      programDataAddress,
      elf,
      startSlot: readU64(slot) ?? 0n,
      authority,
      lamports: readU64(rent),
    });
  }

  /** Looks up the outcomes of injected transactions. An outcome is unknown if the RPC does not return it. */
  async lookUp(wireTransactions: readonly string[], signal?: AbortSignal): Promise<InjectedTransaction[]> {
    const signatures = wireTransactions.map(firstSignature);
    const known = signatures.filter((signature) => signature !== "");
    const statuses = known.length === 0 ? [] : await this.#statuses(known, signal);
    return Promise.all(
      signatures.map(async (signature): Promise<InjectedTransaction> => {
        const status = statuses[known.indexOf(signature)] ?? undefined;
        if (status === undefined) return { signature };
        return { signature, outcome: await this.#outcome(signature, members(status).err ?? null, signal) };
      }),
    );
  }

  async #statuses(signatures: readonly string[], signal: AbortSignal | undefined): Promise<unknown[]> {
    try {
      const { value } = members(
        await this.call("getSignatureStatuses", [signatures, { searchTransactionHistory: true }], signal),
      );
      return Array.isArray(value) ? value : [];
    } catch {
      return [];
    }
  }

  async #outcome(signature: string, err: unknown, signal: AbortSignal | undefined): Promise<TransactionOutcome> {
    const config = { encoding: "base64", commitment: "confirmed", maxSupportedTransactionVersion: 1 };
    const found = await this.call("getTransaction", [signature, config], signal).catch(() => undefined);
    const { logMessages, computeUnitsConsumed } = members(members(found).meta);
    return {
      err,
      logs: Array.isArray(logMessages) ? logMessages.map(toText) : [],
      unitsConsumed: readU64(computeUnitsConsumed) ?? 0n,
    };
  }

  async #readAccount(address: string): Promise<{ data: Uint8Array; owner: unknown }> {
    const { value } = members(await this.call("getAccountInfo", [address, { encoding: "base64" }]));
    const { data, owner } = members(value);
    try {
      return { data: decodeBase64(members(data)[0] as string), owner };
    } catch {
      throw new SimulatorError("http", `the session has no account ${address}`);
    }
  }

  #wait(ms: number, method: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#platform.setTimeout(() => {
        stopListening();
        resolve();
      }, ms);
      const stopListening = onAbort(signal, () => {
        this.#platform.clearTimeout(timer);
        reject(cancelled(method, signal));
      });
    });
  }
}

/** Returns the result in a response. @throws SimulatorError `http`, with secrets redacted */
function readResult(method: string, status: number, text: string, redact: RpcContext["redact"]): unknown {
  let response: unknown;
  let problem: string | undefined;
  try {
    response = parseJson(text, WIRE_LIMITS);
  } catch {
    // The parser's error is not used as `cause`, because its message may contain secrets from the text.
    problem = `: the response is ${describeUnreadable(text)} (HTTP ${status})`;
  }
  const { result, error } = members(response);
  if (result !== undefined) return result;
  const body = redact(text);
  const { message } = members(error);
  problem ??= ` was refused: ${typeof message === "string" ? message : body.slice(0, 200)}`;
  throw new SimulatorError("http", redact(method + problem), { body, status });
}

function firstSignature(wireTransaction: string): string {
  return transactionSignature({ slot: 0n, meta: null, transaction: [wireTransaction, "base64"] }) ?? "";
}
