import { NdjsonEncoder } from "../compare/ndjson-encoder.js";
import type { RecordSource } from "../compare/record-source.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { folderOf, type JobManifest } from "./jobs/job-manifest.js";
import { ManifestStore } from "./jobs/manifest-store.js";
import { type FleetDefinition, type FleetJob, headerOf, variantOf } from "./plan/fleet-definition.js";
import type { SinkStore } from "./sink/sink-store.js";

const NEWLINE = 10;

/**
 * Returns the record of one job, or of several jobs of one variant. The record of several jobs has the form of a record of a
 * parallel run.
 *
 * @throws SimulatorError `unsupported` for records that are not NDJSON
 */
export async function recordOf(definition: FleetDefinition, store: SinkStore, jobs: readonly FleetJob[]): Promise<RecordSource> {
  if (definition.format !== "ndjson") {
    throw new SimulatorError("unsupported", `the records are ${definition.format}; only ndjson can be read and compared`);
  }
  const parts: { job: FleetJob; segments: JobManifest["segments"] }[] = [];
  for (const job of jobs) {
    const { segments } = await new ManifestStore(store, job, definition.format).load();
    parts.push({ job, segments });
  }
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return () => readSegments(store, only);
  return () => readAll(definition, store, parts);
}

type Part = { readonly job: FleetJob; readonly segments: JobManifest["segments"] };

async function* readAll(definition: FleetDefinition, store: SinkStore, parts: readonly Part[]): AsyncGenerator<Uint8Array> {
  const jobs = parts.map(({ job }) => job);
  const [first, last] = [jobs[0], jobs.at(-1)];
  if (first === undefined || last === undefined) return;
  const encoder = new NdjsonEncoder();
  yield Buffer.from(encoder.begin(headerOf(definition, variantOf(definition, first), first.startSlot, last.endSlot)));
  // Lists each job as a separate session. `compareRuns` expects ascending slots inside a session, but not across sessions.
  yield Buffer.from(encoder.addSessions(jobs.map(({ id, startSlot, endSlot }) => ({ sessionId: id, startSlot, endSlot }))));
  for (const part of parts) yield* withoutFirstLine(readSegments(store, part));
}

async function* readSegments(store: SinkStore, { job, segments }: Part): AsyncGenerator<Uint8Array> {
  for (const { name } of segments) yield* store.stream(`${folderOf(job)}/${name}`);
}

/** Yields the chunks of a record without its first line, the header. */
async function* withoutFirstLine(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isIn = false;
  for await (const chunk of chunks) {
    if (isIn) {
      yield chunk;
      continue;
    }
    const end = chunk.indexOf(NEWLINE);
    if (end < 0) continue;
    isIn = true;
    yield chunk.subarray(end + 1);
  }
}
