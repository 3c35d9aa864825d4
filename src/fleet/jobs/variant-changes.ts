import type { RunChanges } from "../../compare/changed-run.js";
import { readAccountStates, readInjections } from "../../compare/changes-json.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { DefinedVariant } from "../plan/fleet-definition.js";
import type { SinkStore } from "../sink/sink-store.js";

/** Reads the files of a variant from the sink. @throws SimulatorError `sink` if a file is missing */
export async function readChanges(variant: DefinedVariant, store: SinkStore): Promise<RunChanges<string>> {
  const read = async (name: string): Promise<Uint8Array> => {
    const bytes = await store.read(name);
    if (bytes === undefined) throw new SimulatorError("sink", `${name} is missing in ${store.place}`);
    return bytes;
  };
  const readText = async (name: string): Promise<string> => Buffer.from(await read(name)).toString("utf8");
  const programs: Record<string, Uint8Array> = {};
  for (const [program, name] of Object.entries(variant.programs ?? {})) programs[program] = await read(name);
  return {
    programs,
    ...(variant.accounts !== undefined && { accounts: readAccountStates(await readText(variant.accounts)) }),
    ...(variant.inject !== undefined && { transactions: readInjections(await readText(variant.inject)) }),
  };
}
