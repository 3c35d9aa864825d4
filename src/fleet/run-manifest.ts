import { stringifyJson } from "../codec/json.js";
import { resultOf } from "./jobs/job-end.js";
import { folderOf } from "./jobs/job-manifest.js";
import { ManifestStore } from "./jobs/manifest-store.js";
import { type FleetDefinition, jobsOf } from "./plan/fleet-definition.js";
import type { SinkStore } from "./sink/sink-store.js";

/** The object in the sink that stores the manifest of a run. */
const RUN_MANIFEST_NAME = "manifest.json";

/**
 * Writes the manifest of a run: the state of each job, and the objects of its record in order. It is a snapshot for other programs.
 * Workers do not read it.
 */
export async function writeRunManifest(definition: FleetDefinition, store: SinkStore): Promise<void> {
  const { id, format, subscriptions, ranges, variants } = definition;
  const jobs = [];
  for (const job of jobsOf(definition)) {
    const manifest = await new ManifestStore(store, job, format).load();
    const { tally, bytes, seconds, summary } = resultOf(job, manifest);
    const objects = manifest.segments.map(({ name }) => `${folderOf(job)}/${name}`);
    jobs.push({ ...job, state: manifest.state, objects, bytes, seconds, tally, ...(summary !== undefined && { summary }) });
  }
  const run = {
    version: 1,
    fleet: id,
    format,
    subscriptions,
    ranges,
    variants: variants.map(({ name, changes }) => ({ name, changes })),
    jobs,
  };
  await store.write(RUN_MANIFEST_NAME, Buffer.from(`${stringifyJson(run)}\n`));
}
