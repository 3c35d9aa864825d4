import { stat } from "node:fs/promises";
import { stringifyJson } from "../../codec/json.js";
import type { RunChanges } from "../../compare/changed-run.js";
import { readAccountStates, readInjections } from "../../compare/changes-json.js";
import { readInputFile } from "../../files/input-file.js";
import { invalidParams, messageOf } from "../../protocol/error-helpers.js";
import { isAddress } from "../../protocol/scalars.js";
import {
  flagInput,
  type InputValues,
  integerInput,
  listInput,
  mapInput,
  objectInput,
  optional,
  textInput,
  u64Input,
} from "./tool-inputs.js";

/** Maximum length of a transaction in base64. A version 1 transaction has up to 4,096 bytes, which are 5,464 characters. */
const MAX_TRANSACTION = 5_464;
/** Maximum length of account data in base64. An account has at most 10 MiB, and base64 takes a third more. */
const MAX_DATA = 14_000_000;
/** The longest ELF file: the maximum size of an account. */
const MAX_ELF = 10 * 1024 * 1024;

export const transactionInput = textInput("A signed wire transaction in base64.", MAX_TRANSACTION);

const accountInput = objectInput(
  {
    lamports: u64Input("The balance in lamports."),
    owner: textInput("The address of the owner program.", 44),
    data: optional(textInput("The data in base64. Default: no data.", MAX_DATA)),
    executable: optional(flagInput("Must be false: use programFiles for programs.")),
  },
  "The state of the account.",
);

/** The inputs that change a run. */
export const CHANGE_INPUTS = {
  programFiles: optional(
    mapInput(
      textInput("The path of an ELF file (.so) on the machine of this MCP server.", 4_096),
      "Replaces the code of upgradeable programs: the address of each program, and the path of its new .so file.",
      8,
    ),
  ),
  accounts: optional(mapInput(accountInput, "Account states to set before the first slot, by address.", 100)),
  extraComputeUnits: optional(integerInput("Compute units to add to the limit of each transaction.", 0, 4_294_967_295)),
};

/** The inputs that define the injected transactions. */
export const INJECTION_INPUTS = {
  transactions: optional(
    mapInput(
      listInput(transactionInput, "Transactions in the order of their execution.", 64),
      "Signed transactions to execute at the beginning of slots, by slot.",
      64,
    ),
  ),
};

/** Reads the changes of a run. @throws SimulatorError `invalidParams`, naming the input */
export async function toChanges({
  programFiles = {},
  accounts,
  transactions,
}: Omit<InputValues<typeof CHANGE_INPUTS>, "extraComputeUnits"> & Partial<InputValues<typeof INJECTION_INPUTS>>): Promise<
  RunChanges<string>
> {
  const programs: Record<string, Uint8Array> = {};
  for (const [program, file] of Object.entries(programFiles)) {
    if (!isAddress(program)) throw invalidParams("programFiles", "expected base58 addresses of 32 bytes as names");
    programs[program] = await readElf(file, `programFiles.${program}`);
  }
  const states = Object.entries(accounts ?? {}).map(([address, { lamports, owner, data = "", executable = false }]) => [
    address,
    { lamports, owner, data: [data, "base64"], executable },
  ]);
  return {
    programs,
    ...(states.length > 0 && { accounts: readAccountStates(stringifyJson(Object.fromEntries(states)), { name: "accounts" }) }),
    ...(transactions !== undefined && { transactions: readInjections(JSON.stringify(transactions), { name: "transactions" }) }),
  };
}

/** Reads an ELF file. The size is checked first, because a device file has no end. @throws SimulatorError `invalidParams` */
async function readElf(file: string, field: string): Promise<Uint8Array> {
  let elf: Uint8Array;
  try {
    const found = await stat(file);
    if (!found.isFile() || found.size > MAX_ELF) throw new Error(`not a file of at most ${MAX_ELF} bytes`);
    elf = await readInputFile(file);
  } catch (cause) {
    throw invalidParams(field, `cannot read the file: ${messageOf(cause)}`, cause);
  }
  if (Buffer.from(elf.subarray(0, 4)).toString("latin1") === "\x7fELF") return elf;
  throw invalidParams(field, "not an ELF file; name the .so file that `cargo build-sbf` builds");
}
