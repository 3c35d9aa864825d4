import type { Io } from "./terminal/io.js";

/** What every command receives. */
export interface CommandContext {
  readonly io: Io;
  /** Sets the exit code of the program. @default 0 */
  exit(code: number): void;
}
