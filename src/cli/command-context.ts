import type { Io } from "./terminal/io.js";

/** The arguments that every command receives. */
export interface CommandContext {
  readonly io: Io;
  /** Sets the exit code of the program. @default 0 */
  exit(code: number): void;
}
