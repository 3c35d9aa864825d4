import type { RecordFormat } from "../../compare/record-formats.js";
import type { FleetJob } from "../plan/fleet-definition.js";
import type { SinkStore } from "../sink/sink-store.js";
import { decodeManifest, encodeManifest, folderOf, type JobManifest, newManifest } from "./job-manifest.js";

/**
 * Thrown if a worker cannot write a manifest, because another worker has written a newer manifest. The other worker owns the job.
 */
export class FencedError extends Error {
  override readonly name = "FencedError";
}

const DIGITS = 9;
const NAME = /^manifest-(\d{9})\.json$/;
/** Maximum number of attempts to read the newest manifest. An attempt fails if the manifest is replaced before the read. */
const MAX_READS = 20;

/**
 * The manifests of one job. Each write creates a new object: a manifest with the next number (`generation`). If two workers act as
 * the owner of a job, only one of them can write the next manifest. The other worker gets a `FencedError`.
 */
export class ManifestStore {
  readonly #store: SinkStore;
  readonly #folder: string;
  readonly #format: RecordFormat;

  constructor(store: SinkStore, job: Pick<FleetJob, "id">, format: RecordFormat) {
    this.#store = store;
    this.#folder = folderOf(job);
    this.#format = format;
  }

  /** Returns the newest manifest. @throws SimulatorError `sink` */
  async load(): Promise<JobManifest> {
    for (let read = 1; ; read++) {
      const newest = Math.max(0, ...(await this.#generations()));
      if (newest === 0) return newManifest(this.#format);
      const name = this.#nameOf(newest);
      const bytes = await this.#store.read(name);
      if (bytes !== undefined) return decodeManifest(bytes, name);
      if (read === MAX_READS) throw new FencedError(`${name} was replaced during each of ${MAX_READS} attempts to read it`);
    }
  }

  /**
   * Applies changes to `current`, and writes the result as the next manifest. The caller must have loaded or written `current`.
   *
   * @throws FencedError if another owner has already written a newer manifest; SimulatorError `sink`
   */
  async replace(current: JobManifest, changes: Partial<JobManifest>): Promise<JobManifest> {
    const next: JobManifest = { ...current, ...changes, generation: current.generation + 1 };
    const name = this.#nameOf(next.generation);
    const bytes = encodeManifest(next);
    if (!(await this.#store.create(name, bytes)) && !(await this.#isOurs(name, bytes))) {
      throw new FencedError(`${name} was written by another owner`);
    }
    const generations = await this.#generations();
    // A newer manifest shows that another worker has taken over this job.
    if (generations.some((generation) => generation > next.generation)) {
      await this.#store.remove([name]);
      throw new FencedError(`${name} is older than the newest manifest`);
    }
    const old = generations.filter((generation) => generation < next.generation).map((generation) => this.#nameOf(generation));
    await this.#store.remove(old);
    return next;
  }

  /** Deletes the segments that earlier owners wrote after the last checkpoint. The manifest does not list these segments. */
  async cutBack({ epoch, segments }: JobManifest): Promise<void> {
    const kept = new Set(segments.map(({ name }) => name));
    const stale = (await this.#store.list(this.#folder)).filter((name) => {
      // The name of a segment starts with the epoch of the worker that wrote the segment.
      const [, writerEpoch] = /^(\d+)-\d+\./.exec(name) ?? [];
      return writerEpoch !== undefined && Number(writerEpoch) < epoch && !kept.has(name);
    });
    await this.#store.remove(stale.map((name) => `${this.#folder}/${name}`));
  }

  /** Writes a segment. `name` starts with the epoch of the owner. Two owners never write the same object. */
  async writeSegment(name: string, bytes: Uint8Array): Promise<void> {
    await this.#store.write(`${this.#folder}/${name}`, bytes);
  }

  /** Whether the stored manifest equals `bytes`. If so, an earlier write of this worker succeeded, but the response was lost. */
  async #isOurs(name: string, bytes: Uint8Array): Promise<boolean> {
    const found = await this.#store.read(name);
    return found !== undefined && Buffer.from(found).equals(bytes);
  }

  async #generations(): Promise<number[]> {
    const names = await this.#store.list(this.#folder);
    return names.flatMap((name) => {
      const [, generation] = NAME.exec(name) ?? [];
      return generation === undefined ? [] : [Number(generation)];
    });
  }

  #nameOf(generation: number): string {
    return `${this.#folder}/manifest-${String(generation).padStart(DIGITS, "0")}.json`;
  }
}
