/* Lines that the runtime writes (agave, program-runtime/src/stable_log.rs). */
const INVOKE = /^Program (\w+) invoke \[\d+\]$/;
const END = /^Program \w+ (?:success$|failed: )/;
const CONSUMED = /^(Program \w+ consumed )\d+ of \d+( compute units)$/;

/**
 * The lines of a transaction's logs that do not depend on the version of a bundled program. The VM's SPL Token, for example, uses other
 * compute units than the chain's did, and writes fewer messages.
 *
 * @param isBundled whether a program is the VM's own version and not one of the ledger
 */
export function comparableLogs(lines: readonly string[], isBundled: (program: string) => boolean): readonly string[] {
  /** Whether each invoked program, from the outermost to the current one, is bundled. */
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
  // A bundled program also changes the compute units that are left for the other programs of the transaction.
  return usedBundled ? kept.map((line) => line.replace(CONSUMED, "$1…$2")) : kept;
}
