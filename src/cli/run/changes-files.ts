import { createHash } from "node:crypto";
import type { Injection, RunChanges } from "../../compare/changed-run.js";
import { readAccountStates, readInjections } from "../../compare/changes-json.js";
import { fileProblem } from "../../files/file-problem.js";
import { readInputFile } from "../../files/input-file.js";
import type { AccountData } from "../../protocol/shapes.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { UsageError } from "../command-failure.js";

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
    accounts = readIn("--account-overrides", accountOverrides, readAccountStates, text);
    descriptions.push(`${Object.keys(accounts).length} accounts of ${accountOverrides} (sha256 ${digest(text)})`);
  }
  let transactions: Injection<string>[] = [];
  if (inject !== undefined) {
    const text = await read(inject, "--inject");
    transactions = readIn("--inject", inject, readInjections, text);
    const count = transactions.reduce((sum, one) => sum + one.transactions.length, 0);
    descriptions.push(`${count} transactions of ${inject} injected (sha256 ${digest(text)})`);
  }
  if (extraComputeUnits !== undefined) descriptions.push(`${extraComputeUnits} extra compute units`);
  return { changes: { programs, accounts, transactions }, descriptions };
}

async function read(file: string, option: string): Promise<Buffer> {
  try {
    return await readInputFile(file);
  } catch (cause) {
    throw fileProblem(`${option}: cannot read ${file}`, cause, "no such file");
  }
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 12);
}

/** Reads the content of a file with `reader`. @throws UsageError if the content is not valid */
function readIn<T>(option: string, file: string, reader: (text: string, options: { name: string }) => T, text: Buffer): T {
  try {
    return reader(text.toString("utf8"), { name: `${option} ${file}` });
  } catch (error) {
    throw error instanceof SimulatorError ? new UsageError(error.message) : error;
  }
}
