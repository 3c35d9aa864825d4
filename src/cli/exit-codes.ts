/** What the commands exit with. The documentation (docs/cli.md) and every command's help tell the same. */
export const EXIT = {
  ok: 0,
  /** It was tried and didn't work; for `doctor` and `compare --fail-on-diff`: it found something. */
  failed: 1,
  /** The command line can't be meant: nothing was tried. */
  usage: 2,
} as const;

/** Shells count a process that a signal ended as 128 and the signal's number. */
const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGPIPE: 13, SIGTERM: 15 };

export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + (SIGNAL_NUMBERS[signal] ?? 0);
}
