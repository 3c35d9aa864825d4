/** The exit codes of all commands. docs/cli.md and the help of each command list the same codes. */
export const EXIT = {
  ok: 0,
  /** The command failed, or `doctor` found a problem. */
  failed: 1,
  /** Invalid command line; nothing was run. */
  usage: 2,
  /** `--fail-on` asked for regressions or differences, and there are some. */
  found: 3,
  /** There is nothing to compare: a record has no transactions. */
  nothing: 4,
} as const;

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGPIPE: 13, SIGTERM: 15 };

/** The exit code after a signal: 128 plus the signal number, as in shells. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + (SIGNAL_NUMBERS[signal] ?? 0);
}
