import type { Io } from "./io.js";

/** What each command is made with. */
export interface CommandContext {
  readonly io: Io;
  /** Tells the exit code, where it isn't 0. */
  exit(code: number): void;
}
