/* Lines that the Solana runtime logs (agave, program-runtime/src/stable_log.rs). */
const INVOKE = /^Program (\w+) invoke \[\d+\]$/;
const END = /^Program \w+ (?:success$|failed: )/;
const CONSUMED = /^(Program \w+ consumed )\d+ of \d+( compute units)$/;

/**
 * Returns the log lines of a transaction that do not depend on the version of a bundled program. For example, the VM's SPL Token
 * uses other compute units than the version on the chain did, and logs fewer messages.
 *
 * @param isBundled whether the VM runs its own version of a program instead of the ledger's
 */
export function comparableLogs(lines: readonly string[], isBundled: (program: string) => boolean): readonly string[] {
  /** One entry for each invoked program, from the outermost to the current one: whether it is bundled. */
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
  // After a bundled program, the other programs of the transaction also have a different number of compute units left.
  return usedBundled ? kept.map((line) => line.replace(CONSUMED, "$1…$2")) : kept;
}
