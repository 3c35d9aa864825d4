/** The exit codes of all commands. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  found: 3,
  nothing: 4,
} as const;

/** The table of the exit codes, for the help. docs/cli.md has the same table. */
export const EXIT_MEANINGS: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done"],
  ["1", "failed; for doctor: a check failed"],
  ["2", "invalid command line or configuration; nothing was run"],
  ["3", "the differences or regressions of --fail-on were found"],
  ["4", "compare, ab, summarize and fleet: nothing to compare"],
  ["129, 130, 143", "ended by SIGHUP, Ctrl-C, SIGTERM; 0 for serve, proxy and dashboard"],
  ["141", "the program that reads the output has closed the pipe"],
];

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGPIPE: 13, SIGTERM: 15 };

/** Returns the exit code after a signal: 128 plus the signal number, as in shells. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + (SIGNAL_NUMBERS[signal] ?? 0);
}
