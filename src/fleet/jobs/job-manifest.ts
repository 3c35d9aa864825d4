import * as v from "valibot";
import { parseJson, stringifyJson } from "../../codec/json.js";
import { RECORD_FORMATS, type RecordFormat } from "../../compare/record-formats.js";
import { emptyTally, type Tally } from "../../compare/run-tally.js";
import { findProblem } from "../../protocol/message.js";
import { count } from "../../protocol/scalars.js";
import { anything, oneOf, orNull, text } from "../../protocol/schema.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { SessionCheckpoint } from "../../session/checkpoint/session-checkpoint.js";
import type { FleetJob } from "../plan/fleet-definition.js";

/** The state of a job. If the worker of a `running` job has ended, another worker takes over the job. */
export type JobState = "waiting" | "running" | "completed" | "failed" | "cancelled";

const STATES: readonly JobState[] = ["waiting", "running", "completed", "failed", "cancelled"];

/** A stored object with one section of a job's record. All segments together contain the whole record. */
export interface Segment {
  /** The name of the object in the job's folder: `EPOCH-INDEX.FORMAT`. */
  readonly name: string;
  readonly bytes: number;
}

/** The name and the token of the session of a job. With them, any worker can claim the session, even without a checkpoint. */
export interface SessionClaim {
  readonly name: string;
  readonly createToken: string;
}

/**
 * The manifest of a job: the list of segments in its record, and the checkpoint at the end of the last segment. The list and the
 * checkpoint always match, because one write stores them together. Segments that the manifest does not list are ignored.
 */
export interface JobManifest {
  /** The number of this manifest. Increases by 1 with every write. */
  readonly generation: number;
  /**
   * The number (`generation`) of the first manifest that the current owner wrote. The names of this owner's segments start with
   * this number.
   */
  readonly epoch: number;
  /** The lock token of the current or last owner. */
  readonly owner: string;
  readonly state: JobState;
  readonly format: RecordFormat;
  /** The segments of the record, in order. */
  readonly segments: readonly Segment[];
  /** The session on the server. `null` if there is none. */
  readonly claim: SessionClaim | null;
  /** The position of the session after the last event in the segments. `null` if the job has to start again. */
  readonly checkpoint: SessionCheckpoint | null;
  /** Counts of the events in the segments. */
  readonly tally: Tally;
  /** The last executed slot in the segments. `null` if there is none. */
  readonly slot: string | null;
  /** Total running time of all attempts, in seconds. */
  readonly seconds: number;
  /** How often the job has failed. */
  readonly failures: number;
  /** The error of the last failure. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** The server's summary of a completed job. */
  readonly summary?: unknown;
}

const VERSION = 1;
const decimal = v.custom<string>((value) => typeof value === "string" && /^\d{1,20}$/.test(value), "expected digits");
const number = v.custom<number>((value) => typeof value === "number" && value >= 0, "expected a number");
const tallyKeys = Object.keys(emptyTally()) as (keyof Tally)[];

const schema = v.object({
  version: oneOf([VERSION]),
  generation: count,
  epoch: count,
  owner: text,
  state: oneOf(STATES),
  format: oneOf(RECORD_FORMATS),
  segments: v.array(v.object({ name: text, bytes: count })),
  claim: orNull(v.object({ name: text, createToken: text })),
  // The checkpoint is not validated here, because `resumeSession` validates it.
  checkpoint: orNull(v.custom<SessionCheckpoint>((value) => typeof value === "object" && value !== null)),
  tally: v.object(Object.fromEntries(tallyKeys.map((key) => [key, count])) as Record<keyof Tally, typeof count>),
  slot: orNull(decimal),
  seconds: number,
  failures: count,
  error: orNull(v.object({ code: text, message: text })),
  summary: anything,
});

/** Returns the manifest of a job that no worker has taken yet. This manifest is not stored. */
export function newManifest(format: RecordFormat): JobManifest {
  return {
    generation: 0,
    epoch: 0,
    owner: "",
    state: "waiting",
    format,
    ...startOver(),
    seconds: 0,
    failures: 0,
    error: null,
  };
}

/** Returns the members of a manifest that make the job start again from its first slot. */
export function startOver() {
  return { segments: [], claim: null, checkpoint: null, tally: emptyTally(), slot: null };
}

export function encodeManifest(manifest: JobManifest): Uint8Array {
  return Buffer.from(`${stringifyJson({ version: VERSION, ...manifest })}\n`);
}

/** @throws SimulatorError `sink` */
export function decodeManifest(bytes: Uint8Array, name: string): JobManifest {
  const refuse = (problem: string, cause?: unknown) =>
    new SimulatorError("sink", `${name} is not a manifest of this version (${problem})`, { cause });
  let value: unknown;
  try {
    value = parseJson(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw refuse("not JSON", cause);
  }
  const problem = findProblem(schema, value);
  if (problem !== undefined) throw refuse(problem);
  const { version: _, ...manifest } = v.parse(schema, value);
  return manifest as JobManifest;
}

/** Returns the folder of a job in the sink. */
export function folderOf(job: Pick<FleetJob, "id">): string {
  return `jobs/${job.id}`;
}

export function isOver({ state }: Pick<JobManifest, "state">): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}
