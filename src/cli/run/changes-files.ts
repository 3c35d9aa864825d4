import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { decodeBase64 } from "../../codec/base64.js";
import { parseJson } from "../../codec/json.js";
import type { Injection, RunChanges } from "../../compare/changed-run.js";
import { members } from "../../protocol/message.js";
import { PROGRAM_LOADERS } from "../../protocol/program-loaders.js";
import { isAddress, readU64 } from "../../protocol/scalars.js";
import type { AccountData } from "../../protocol/shapes.js";
import { UsageError } from "../command-failure.js";
import { fileProblem } from "../files/file-problem.js";

/** The options that change a run. */
export interface ChangeOptions {
  programSo?: readonly ProgramFile[];
  accountOverrides?: string;
  inject?: string;
  extraComputeUnits?: number;
}

/** A program, and the file that contains its new code. */
export interface ProgramFile {
  readonly program: string;
  readonly file: string;
}

/** The changes of a run, and their descriptions. */
export interface LoadedChanges {
  readonly changes: RunChanges<string>;
  /** One line for each change, used in the record and the reports. */
  readonly descriptions: readonly string[];
}

/**
 * Reads the files that change a run.
 *
 * @throws Failure if a file cannot be read; UsageError if its content is not valid
 */
export async function loadChanges(options: ChangeOptions): Promise<LoadedChanges> {
  const { programSo = [], accountOverrides, inject, extraComputeUnits } = options;
  const descriptions: string[] = [];
  const programs: Record<string, Uint8Array> = {};
  for (const { program, file } of programSo) {
    const elf = await read(file, "--program-so");
    if (!elf.subarray(0, 4).equals(Buffer.from("\x7fELF"))) {
      throw new UsageError(`--program-so ${program}=${file}: not an ELF file; name the .so file that \`cargo build-sbf\` builds`);
    }
    programs[program] = elf;
    descriptions.push(`program ${program} replaced by ${file} (sha256 ${digest(elf)})`);
  }
  let accounts: Record<string, AccountData> = {};
  if (accountOverrides !== undefined) {
    const text = await read(accountOverrides, "--account-overrides");
    accounts = readAccounts(text.toString("utf8"), accountOverrides);
    descriptions.push(`${Object.keys(accounts).length} accounts of ${accountOverrides} (sha256 ${digest(text)})`);
  }
  let transactions: Injection<string>[] = [];
  if (inject !== undefined) {
    const text = await read(inject, "--inject");
    transactions = readInjections(text.toString("utf8"), inject);
    const count = transactions.reduce((sum, one) => sum + one.transactions.length, 0);
    descriptions.push(`${count} transactions of ${inject} injected (sha256 ${digest(text)})`);
  }
  if (extraComputeUnits !== undefined) descriptions.push(`${extraComputeUnits} extra compute units`);
  return { changes: { programs, accounts, transactions }, descriptions };
}

async function read(file: string, option: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw fileProblem(`${option}: cannot read ${file}`, cause, "no such file");
  }
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 12);
}

/** Reads account states by address. Each has the form of a `getAccountInfo` result in base64. @throws UsageError */
export function readAccounts(text: string, file: string): Record<string, AccountData> {
  const refuse = (problem: string): UsageError => new UsageError(`--account-overrides ${file}: ${problem}`);
  const accounts = Object.entries(objectIn(text, refuse));
  if (accounts.length === 0) throw refuse("names no accounts");
  return Object.fromEntries(
    accounts.map(([address, state]): [string, AccountData] => {
      if (!isAddress(address)) throw refuse(`${address} is not a base58 address`);
      const { data, executable = false, lamports, owner } = members(state);
      const encoded = Array.isArray(data) && data[1] === "base64" ? data[0] : members(data).data;
      if (typeof encoded !== "string" || !isBase64(encoded)) throw refuse(`${address}: data is not ["…", "base64"]`);
      const amount = readU64(lamports);
      if (amount === undefined) throw refuse(`${address}: lamports is not a whole number`);
      if (!isAddress(owner)) throw refuse(`${address}: owner is not a base58 address`);
      if (executable !== false || PROGRAM_LOADERS.has(owner)) {
        throw refuse(`${address} is a program; replace it with --program-so ADDRESS=FILE`);
      }
      const space = BigInt(decodeBase64(encoded).length);
      return [address, { data: { data: encoded, encoding: "base64" }, executable: false, lamports: amount, owner, space }];
    }),
  );
}

/** Reads transactions by slot, in the form `{ "300000010": ["base64", …] }`. @throws UsageError */
export function readInjections(text: string, file: string): Injection<string>[] {
  const refuse = (problem: string): UsageError => new UsageError(`--inject ${file}: ${problem}`);
  const bySlot = Object.entries(objectIn(text, refuse));
  if (bySlot.length === 0) throw refuse("names no transactions");
  return bySlot.map(([key, list]) => {
    const slot = /^\d{1,20}$/.test(key) ? readU64(BigInt(key)) : undefined;
    if (slot === undefined) throw refuse(`"${key.slice(0, 40)}" is not a slot`);
    if (!Array.isArray(list) || list.length === 0) throw refuse(`slot ${key}: expected a list of transactions in base64`);
    for (const transaction of list) {
      if (typeof transaction !== "string" || transaction === "" || !isBase64(transaction)) {
        throw refuse(`slot ${key}: a transaction is not base64`);
      }
    }
    return { slot, transactions: list as string[] };
  });
}

function objectIn(text: string, refuse: (problem: string) => UsageError): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw refuse("not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse("expected a JSON object");
  return value as Record<string, unknown>;
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
