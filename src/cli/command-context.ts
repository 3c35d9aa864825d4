import type { Io } from "./terminal/io.js";

/** The arguments that every command receives. */
export interface CommandContext {
  readonly io: Io;
  /** Sets the exit code of the program, which is 0 by default. */
  exit(code: number): void;
}
