import { createHash } from "node:crypto";
import { isAbsolute, resolve } from "node:path";
import { parseJson, stringifyJson } from "../../codec/json.js";
import { readAccountStates, readInjections } from "../../compare/changes-json.js";
import type { RunHeader } from "../../compare/recordable-event.js";
import { readInputFile } from "../../files/input-file.js";
import { invalidParams, messageOf } from "../../protocol/error-helpers.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { splitRange } from "../../protocol/split-range.js";
import { toCreateRequest } from "../../session/create-options.js";
import { defaultPlatform } from "../../transport/default-platform.js";
import type { SinkStore } from "../sink/sink-store.js";
import type { CheckedPlan, FleetVariant } from "./fleet-plan.js";

/** A job of a fleet: a session that runs one range with one variant. */
export interface FleetJob {
  /** The name of the job's folder in the sink: `START-END.VARIANT`. */
  readonly id: string;
  /** The first slot. */
  readonly startSlot: bigint;
  /** Inclusive. */
  readonly endSlot: bigint;
  /** The name of the variant. */
  readonly variant: string;
}

/** A plan whose ranges are split, and whose files are in the sink. Every worker reads it from the sink. */
export interface FleetDefinition extends Omit<CheckedPlan, "ranges" | "variants"> {
  readonly version: 1;
  /** Derived from the plan, so that the same plan always has the same id. */
  readonly id: string;
  /** The ranges after splitting. */
  readonly ranges: readonly { readonly startSlot: bigint; readonly endSlot: bigint }[];
  /** The variants. The first variant is the baseline. */
  readonly variants: readonly DefinedVariant[];
}

/** A variant whose files are in the sink: `programs`, `accounts` and `inject` are names in the sink. */
export interface DefinedVariant extends FleetVariant {
  /** One line for each change, for the record and the reports. */
  readonly changes: readonly string[];
}

/** The name, in the sink, of the object that contains the definition of the fleet. */
export const DEFINITION_NAME = "fleet.json";
const DIGITS_OF_ID = 16;

/** A file of a plan, and its name in the sink. */
interface PlanFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Creates the definition of a fleet and writes it to the sink, with all files that the plan names.
 *
 * @param options `baseFolder` is the folder for relative paths in the plan. `bundles` reads the bundles of the simulator; it is
 * called only if the plan splits a range
 * @throws SimulatorError `invalidParams` for a file or a parameter; `sink` if the sink contains another fleet
 */
export async function defineFleet(
  plan: CheckedPlan,
  store: SinkStore,
  options: { baseFolder: string; bundles(): Promise<Parameters<typeof splitRange>[0]> },
): Promise<FleetDefinition> {
  const files = new Map<string, PlanFile>();
  const variants: DefinedVariant[] = [];
  for (const [index, variant] of plan.variants.entries()) {
    variants.push(await defineVariant(variant, `plan.variants.${index}`, options.baseFolder, files));
  }
  const isPath = plan.strategy !== undefined && /^\.{0,2}\//.test(plan.strategy);
  const strategy = isPath ? resolve(options.baseFolder, plan.strategy as string) : plan.strategy;
  const described = { ...plan, variants, ...(strategy !== undefined && { strategy }) };
  // The id does not depend on the URL, because a fleet can continue with a simulator at another URL.
  const { url, ...identifying } = described;
  const id = createHash("sha256").update(stringifyJson(identifying)).digest("hex").slice(0, DIGITS_OF_ID);
  const found = await readDefinition(store);
  if (found !== undefined) {
    if (found.id === id) return { ...found, url };
    throw new SimulatorError("sink", `${store.place} has the records of another plan; use another folder or prefix`);
  }
  const ranges = "split" in plan.ranges ? splitRange(await options.bundles(), plan.ranges, plan.ranges) : plan.ranges;
  const definition: FleetDefinition = { ...described, version: 1, id, ranges };
  for (const job of jobsOf(definition)) checkSession(definition, job);
  for (const { name, bytes } of files.values()) await store.write(name, bytes);
  const isOurs = await store.create(DEFINITION_NAME, encode(definition));
  // If another process has created a definition first, the recursive call reads that definition. The call throws if that definition
  // belongs to another plan.
  return isOurs ? definition : defineFleet(plan, store, options);
}

/** Reads the definition of the fleet in a sink. Returns `undefined` if there is none. @throws SimulatorError `sink` */
export async function readDefinition(store: SinkStore): Promise<FleetDefinition | undefined> {
  const bytes = await store.read(DEFINITION_NAME);
  if (bytes === undefined) return undefined;
  let value: FleetDefinition;
  try {
    value = parseJson(Buffer.from(bytes).toString("utf8")) as FleetDefinition;
  } catch (cause) {
    throw new SimulatorError("sink", `${DEFINITION_NAME} in ${store.place} is not JSON`, { cause });
  }
  if (value?.version !== 1) {
    throw new SimulatorError("sink", `${DEFINITION_NAME} in ${store.place} is not a fleet of this version`);
  }
  const ranges = value.ranges.map(({ startSlot, endSlot }) => ({ startSlot: BigInt(startSlot), endSlot: BigInt(endSlot) }));
  return { ...value, ranges };
}

/** Returns all jobs of a fleet, sorted by range and then by variant. */
export function jobsOf({ ranges, variants }: Pick<FleetDefinition, "ranges" | "variants">): FleetJob[] {
  return ranges.flatMap(({ startSlot, endSlot }) =>
    variants.map(({ name }) => ({ id: `${startSlot}-${endSlot}.${name}`, startSlot, endSlot, variant: name })),
  );
}

/** Returns the variant of a job. @throws SimulatorError `invalidParams` if the fleet has no such variant */
export function variantOf({ variants }: FleetDefinition, { variant }: FleetJob): DefinedVariant {
  const found = variants.find(({ name }) => name === variant);
  if (found === undefined) throw invalidParams("job.variant", `the fleet has no variant ${variant}`);
  return found;
}

/** Returns the parameters of the session of a job. */
export function sessionOf(definition: FleetDefinition, job: FleetJob) {
  const { startSlot, endSlot } = job;
  return { ...definition.session, ...variantOf(definition, job).session, startSlot, endSlot };
}

/** Returns the header of the record of a variant. */
export function headerOf(
  { subscriptions }: Pick<FleetDefinition, "subscriptions">,
  { changes }: DefinedVariant,
  startSlot: bigint,
  endSlot: bigint,
): RunHeader {
  const streams = subscriptions.filter((one) => "programs" in one);
  return {
    startSlot,
    endSlot,
    programs: [...new Set(streams.flatMap(({ programs }) => programs))],
    streams: [...new Set(streams.map(({ kind }) => kind))],
    ...(changes.length > 0 && { changes }),
  };
}

/** Refuses invalid parameters before any job is added. */
function checkSession(definition: FleetDefinition, job: FleetJob): void {
  toCreateRequest(sessionOf(definition, job), defaultPlatform);
}

async function defineVariant(
  variant: FleetVariant,
  field: string,
  baseFolder: string,
  files: Map<string, PlanFile>,
): Promise<DefinedVariant> {
  const changes: string[] = [];
  const programs: Record<string, string> = {};
  for (const [program, path] of Object.entries(variant.programs ?? {})) {
    const { name, bytes } = await addFile(`${field}.programs.${program}`, path, baseFolder, files);
    if (!Buffer.from(bytes).subarray(0, 4).equals(Buffer.from("\x7fELF"))) {
      throw invalidParams(`${field}.programs.${program}`, `${path} is not an ELF file; use the .so file of the program`);
    }
    programs[program] = name;
    changes.push(`program ${program} replaced by ${path} (sha256 ${shortDigest(name)})`);
  }
  const { accounts, inject, ...rest } = variant;
  const texts: { accounts?: string; inject?: string } = {};
  if (accounts !== undefined) {
    const { name, bytes } = await addFile(`${field}.accounts`, accounts, baseFolder, files);
    const count = Object.keys(readAccountStates(Buffer.from(bytes).toString("utf8"), { name: accounts })).length;
    texts.accounts = name;
    changes.push(`${count} accounts of ${accounts} (sha256 ${shortDigest(name)})`);
  }
  if (inject !== undefined) {
    const { name, bytes } = await addFile(`${field}.inject`, inject, baseFolder, files);
    const injections = readInjections(Buffer.from(bytes).toString("utf8"), { name: inject });
    const count = injections.reduce((sum, { transactions }) => sum + transactions.length, 0);
    texts.inject = name;
    changes.push(`${count} transactions of ${inject} injected (sha256 ${shortDigest(name)})`);
  }
  if (variant.session !== undefined) changes.push(`session ${stringifyJson(variant.session)}`);
  if (variant.parameters !== undefined) changes.push(`parameters ${stringifyJson(variant.parameters)}`);
  return { ...rest, ...(variant.programs && { programs }), ...texts, changes };
}

async function addFile(field: string, path: string, baseFolder: string, files: Map<string, PlanFile>): Promise<PlanFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readInputFile(isAbsolute(path) ? path : resolve(baseFolder, path));
  } catch (cause) {
    throw invalidParams(field, `cannot read ${path}: ${messageOf(cause)}`, cause);
  }
  const file = { name: `files/${createHash("sha256").update(bytes).digest("hex")}`, bytes };
  files.set(file.name, file);
  return file;
}

function shortDigest(name: string): string {
  return name.slice("files/".length).slice(0, 12);
}

function encode(value: object): Uint8Array {
  return Buffer.from(`${stringifyJson(value)}\n`);
}
