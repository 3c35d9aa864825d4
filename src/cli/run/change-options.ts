import { InvalidArgumentError, Option } from "commander";
import { UsageError } from "../command-failure.js";
import { address, integer, repeated, slotCount } from "../values.js";
import type { ChangeOptions, LoadedChanges, ProgramFile } from "./changes-files.js";

const U32_MAX = 0xffff_ffff;

/** Returns the options that change a run. They have the same names as the options of `sim run`. */
export function changeOptions(): Option[] {
  return [
    new Option("--program-so <address=file>", "replace an upgradeable program by an ELF file; can be repeated").argParser(
      repeated(programFile),
    ),
    new Option("--account-overrides <file>", "set account states before the first slot: JSON by address"),
    new Option("--inject <file>", "execute transactions at slots: JSON, lists of base64 by slot"),
    new Option("--extra-compute-units <count>", "add compute units to the limit of each transaction").argParser(
      integer(0, U32_MAX),
    ),
  ];
}

/** Returns the options that control how a session is run. */
export function sessionOptions(): Option[] {
  return [
    new Option("--name <name>", "name of the session, which must be unique; default: a random one"),
    new Option("--advance-count <count>", "blocks between two stops; default: all that are left").argParser(slotCount),
  ];
}

/** @throws UsageError for transactions outside the range */
export function checkInjections({ changes }: LoadedChanges, startSlot: bigint, endSlot: bigint): void {
  const outside = changes.transactions?.find(({ slot }) => slot < startSlot || slot > endSlot);
  if (outside !== undefined) {
    throw new UsageError(`--inject: slot ${outside.slot} is outside of the range, ${startSlot} to ${endSlot}`);
  }
}

/** @throws UsageError for changes that cannot be combined with a parallel run or a checkpoint */
export function checkCombinations(
  options: ChangeOptions,
  { isParallel, checkpoint }: { isParallel: boolean; checkpoint?: string },
): void {
  if (options.inject !== undefined && isParallel) throw new UsageError("--inject cannot be combined with --parallel");
  if (options.inject !== undefined && checkpoint !== undefined) {
    throw new UsageError("--inject cannot be combined with --checkpoint: a resumed run does not inject transactions");
  }
}

/** Parses `ADDRESS=FILE`. */
function programFile(text: string): ProgramFile {
  const at = text.indexOf("=");
  if (at < 0 || at === text.length - 1) throw new InvalidArgumentError("Expected ADDRESS=FILE.");
  return { program: address(text.slice(0, at)), file: text.slice(at + 1) };
}
