/* Lines that the Solana runtime logs (agave, program-runtime/src/stable_log.rs). */
const INVOKE = /^Program (\w+) invoke \[\d+\]$/;
const END = /^Program \w+ (?:success$|failed: )/;
const CONSUMED = /^(Program \w+ consumed )\d+ of \d+( compute units)$/;

/**
 * Returns the log lines of a transaction, without the lines that depend on the version of a bundled program. For example, SPL
 * Token in the VM consumes fewer compute units and logs fewer messages than the version on the chain.
 *
 * @param isBundled returns `true` if the VM runs a bundled version of a program instead of the version in the ledger
 */
export function comparableLogs(lines: readonly string[], isBundled: (program: string) => boolean): readonly string[] {
  /** For each program on the call stack: whether the program is bundled. The last entry belongs to the running program. */
  const frames: boolean[] = [];
  let usedBundled = false;
  const kept = lines.filter((line) => {
    const invoked = INVOKE.exec(line)?.[1];
    if (invoked !== undefined) {
      const bundled = isBundled(invoked);
      usedBundled ||= bundled;
      frames.push(bundled);
      return true;
    }
    if (END.test(line)) {
      frames.pop();
      return true;
    }
    return frames.at(-1) !== true;
  });
  // A bundled program can use more or fewer compute units than the program on the chain. This changes the numbers in the lines of
  // all programs, so the numbers are removed.
  return usedBundled ? kept.map((line) => line.replace(CONSUMED, "$1…$2")) : kept;
}
