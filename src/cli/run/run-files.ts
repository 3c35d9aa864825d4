import { open, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CSV_HEADER } from "../../compare/csv-encoder.js";
import { ndjsonHeader } from "../../compare/ndjson-encoder.js";
import type { RecordFormat } from "../../compare/record-formats.js";
import { temporaryNameOf } from "../../files/atomic-file.js";
import { FileLock } from "../../files/file-lock.js";
import { Failure, UsageError } from "../command-failure.js";
import { fileExists, kindOf, partialNameOf } from "./record-sink.js";
import type { RunPlan } from "./run-plan.js";
import { checkSameRun, differingOption, loadRunState, type RunState } from "./run-state.js";

/** How a run starts. */
export type RunBegin =
  | { kind: "start" }
  /** An earlier process has left a session open, and this session can be resumed. */
  | { kind: "resume"; state: RunState }
  /** An earlier process has received all events, but the record still has its temporary name. */
  | { kind: "finish"; state: RunState }
  /** The run has already completed, and its record exists. */
  | { kind: "done"; state: RunState };

/** The exclusive locks of a run on its record and its checkpoint. */
export class RunFiles {
  readonly #locks: readonly FileLock[];

  private constructor(locks: readonly FileLock[]) {
    this.#locks = locks;
  }

  /**
   * @throws Failure if another process is writing one of the files; UsageError if the record and the checkpoint are the same file
   */
  static async lock(plan: RunPlan): Promise<RunFiles> {
    await checkDistinct(plan);
    const locks: FileLock[] = [];
    try {
      for (const file of await lockableFiles(plan)) locks.push(await FileLock.acquire(file));
      return new RunFiles(locks);
    } catch (error) {
      await new RunFiles(locks).unlock();
      throw error;
    }
  }

  /**
   * Decides how the run starts, and deletes the old files that the run replaces.
   *
   * @throws Failure if a file exists that does not belong to this run; UsageError if the checkpoint belongs to another run
   */
  async begin(plan: RunPlan): Promise<RunBegin> {
    const begin = await decideBegin(plan);
    // A new run deletes the old checkpoint, because it would not match the new record.
    if (begin.kind === "start" && plan.checkpoint !== undefined) await rm(plan.checkpoint, { force: true });
    if (begin.kind === "done" && plan.out !== undefined) await rm(partialNameOf(plan.out.file), { force: true });
    return begin;
  }

  async unlock(): Promise<void> {
    for (const lock of this.#locks) await lock.release();
  }
}

function recordFile({ out }: RunPlan): string | undefined {
  return out === undefined || out.file === "-" ? undefined : out.file;
}

async function checkDistinct(plan: RunPlan): Promise<void> {
  if (recordFile(plan) === undefined || plan.checkpoint === undefined) return;
  const [record, checkpoint] = await Promise.all([recordFile(plan) as string, plan.checkpoint].map(withRealFolder));
  if (record === undefined || checkpoint === undefined) return;
  const ofRecord = [record, partialNameOf(record), `${record}.lock`];
  const ofCheckpoint = [checkpoint, temporaryNameOf(checkpoint), `${checkpoint}.lock`];
  if (ofRecord.some((file) => ofCheckpoint.includes(file))) {
    throw new UsageError(`--checkpoint ${plan.checkpoint}: the name is used by the record; use another file`);
  }
}

/** Resolves symbolic links in the folder of a path. Returns `undefined` if the folder does not exist. */
async function withRealFolder(file: string): Promise<string | undefined> {
  const folder = await realpath(dirname(file)).catch(() => undefined);
  return folder === undefined ? undefined : join(folder, basename(file));
}

/**
 * Returns the files that only one process is allowed to write at a time. Devices and pipes are excluded, because they can have
 * several writers.
 */
async function lockableFiles(plan: RunPlan): Promise<string[]> {
  const record = recordFile(plan);
  const files: string[] = [];
  const isDevice = record !== undefined && (await kindOf(record)) === "device";
  if (record !== undefined && !isDevice) files.push(record);
  if (plan.checkpoint !== undefined) {
    if (isDevice) throw new UsageError(`--checkpoint needs a file in --out: written data cannot be removed from ${record}`);
    if ((await kindOf(plan.checkpoint)) === "device") {
      throw new Failure(`cannot write ${plan.checkpoint}: it is a device; name a file`, { code: "file" });
    }
    files.push(plan.checkpoint);
  }
  return files;
}

async function decideBegin(plan: RunPlan): Promise<RunBegin> {
  const state = await findState(plan);
  const record = recordFile(plan);
  if (record === undefined || (await kindOf(record)) === "device") {
    if (state === undefined || (plan.mayReplace && state.session === undefined)) return { kind: "start" };
    return { kind: state.session === undefined ? "done" : "resume", state };
  }
  const isRecordThere = (await kindOf(record)) === "file";
  if (state?.session === undefined && state !== undefined) {
    const isOwn = isRecordThere && (await sizeOf(record)) === state.outBytes;
    if (isOwn && !plan.mayReplace) return { kind: "done", state };
    // The partial record is complete, and only has to be renamed.
    if (!isRecordThere && (await sizeOf(partialNameOf(record))) >= state.outBytes) return { kind: "finish", state };
  }
  if (isRecordThere && !plan.mayReplace) throw fileExists(record, "Use another file, or --force to replace it");
  if (state?.session !== undefined) return { kind: "resume", state };
  if (!plan.mayReplace) await checkPartial(partialNameOf(record), plan);
  return { kind: "start" };
}

/** Reads the state of this run from its checkpoint. With `--force`, a file that is not a checkpoint of this run is ignored. */
async function findState(plan: RunPlan): Promise<RunState | undefined> {
  const { checkpoint, mayReplace } = plan;
  if (checkpoint === undefined) return undefined;
  const state = await loadRunState(checkpoint).catch((error: unknown) => {
    if (mayReplace && error instanceof Failure && error.code === "fileExists") return undefined;
    throw error;
  });
  if (state === undefined) return undefined;
  if (mayReplace && differingOption(state, plan) !== undefined) return undefined;
  checkSameRun(checkpoint, state, plan);
  return state;
}

/** Functions that return the text at the start of a record, by format. */
const HEADERS: Record<RecordFormat, (plan: RunPlan) => string> = {
  ndjson: ndjsonHeader,
  csv: () => CSV_HEADER,
  parquet: () => "PAR1",
};

/** @throws Failure if `partial` is the record of another run */
async function checkPartial(partial: string, plan: RunPlan): Promise<void> {
  const header = Buffer.from(HEADERS[plan.out?.format ?? "ndjson"](plan));
  const found = await stat(partial).catch(() => undefined);
  if (found === undefined || !found.isFile()) return;
  const handle = await open(partial, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(header.length), 0, header.length, 0);
    if (header.subarray(0, bytesRead).equals(buffer.subarray(0, bytesRead))) return;
  } finally {
    await handle.close();
  }
  throw fileExists(partial, "It belongs to another run. Rename it, or use --force to replace it");
}

/** Returns the size of a file in bytes. -1 if the file does not exist. */
async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? -1;
}
