/**
 * A store for the records, checkpoints and files of a fleet. Names are relative, with `/` between folders. Every method throws
 * `SimulatorError` with the code `sink` if the store cannot be used.
 */
export interface SinkStore {
  /** The location of the store, for error messages. */
  readonly place: string;
  /** Returns the content of an object. `undefined` if there is no such object. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Reads an object in chunks. */
  stream(name: string): AsyncIterable<Uint8Array>;
  /** Writes or replaces an object. Resolves when it is durable. Readers never see an incomplete object. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /**
   * Writes an object unless it exists. Of several writers at the same time, exactly one succeeds.
   *
   * @returns whether this call has written the object
   */
  create(name: string, bytes: Uint8Array): Promise<boolean>;
  /** Returns the names of all objects in a folder. These names do not include the folder. */
  list(folder: string): Promise<string[]>;
  /** Deletes objects. Objects that do not exist are ignored. */
  remove(names: readonly string[]): Promise<void>;
}
