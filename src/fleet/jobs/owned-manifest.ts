import type { JobManifest } from "./job-manifest.js";
import type { ManifestStore } from "./manifest-store.js";

/** Writes the manifest of a job for the worker that owns the job. Each write includes the running time of this attempt. */
export class OwnedManifest {
  readonly #store: ManifestStore;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #secondsBefore: number;
  #current: JobManifest;

  /**
   * @param found the newest manifest, from this owner or an earlier owner
   * @param startedAt when this attempt started
   */
  constructor(store: ManifestStore, found: JobManifest, now: () => number, startedAt: number) {
    this.#store = store;
    this.#current = found;
    this.#secondsBefore = found.seconds;
    this.#now = now;
    this.#startedAt = startedAt;
  }

  get current(): JobManifest {
    return this.#current;
  }

  /** @throws FencedError if another owner has taken the job over; SimulatorError `sink` */
  async write(changes: Partial<JobManifest>): Promise<void> {
    const seconds = this.#secondsBefore + (this.#now() - this.#startedAt) / 1000;
    this.#current = await this.#store.replace(this.#current, { seconds, ...changes });
  }

  /** Writes a segment. The segment is ignored until a manifest lists it. */
  writeSegment(name: string, content: Uint8Array): Promise<void> {
    return this.#store.writeSegment(name, content);
  }

  /** Deletes the segments that earlier owners wrote after the last checkpoint. */
  cutBack(): Promise<void> {
    return this.#store.cutBack(this.#current);
  }
}
