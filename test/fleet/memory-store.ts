import type { SinkStore } from "../../src/fleet/sink/sink-store.js";

/** A sink in memory. `handleWrite` is called before each write, so that a test can act at this moment. */
export class MemoryStore implements SinkStore {
  readonly place = "memory";
  readonly objects = new Map<string, Uint8Array>();
  handleWrite: (name: string) => void | Promise<void> = () => {};

  async read(name: string): Promise<Uint8Array | undefined> {
    return this.objects.get(name);
  }

  async *stream(name: string): AsyncGenerator<Uint8Array> {
    const bytes = this.objects.get(name);
    if (bytes !== undefined) yield bytes;
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    await this.handleWrite(name);
    this.objects.set(name, bytes);
  }

  async create(name: string, bytes: Uint8Array): Promise<boolean> {
    await this.handleWrite(name);
    if (this.objects.has(name)) return false;
    this.objects.set(name, bytes);
    return true;
  }

  async list(folder: string): Promise<string[]> {
    return [...this.objects.keys()].filter((name) => name.startsWith(`${folder}/`)).map((name) => name.slice(folder.length + 1));
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) this.objects.delete(name);
  }
}
