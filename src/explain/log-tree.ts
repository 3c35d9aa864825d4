/** One invocation of a program, as it appears in the logs. */
export interface Invocation {
  readonly program: string;
  /** The depth of the invocation: 1 for a top-level instruction, more for an inner instruction. */
  readonly depth: number;
  /** The lines that the program logged. Lines of inner invocations are not included. */
  readonly logs: string[];
  readonly inner: Invocation[];
  unitsConsumed?: bigint;
  unitsLimit?: bigint;
  /** How the invocation ended. `undefined` if its end is missing in the logs. */
  outcome?: "succeeded" | "failed";
  /** Why the invocation failed, in the words of the runtime. */
  failure?: string;
}

/** The logs of a transaction, grouped by invocation. */
export interface LogTree {
  /** The invocations of top-level instructions, in order. Instructions that log nothing, such as precompiles, are missing. */
  readonly invocations: readonly Invocation[];
  /** Log lines outside all invocations. */
  readonly others: readonly string[];
  /** Whether the node truncated the logs. */
  readonly isTruncated: boolean;
}

const INVOKE = /^Program ([1-9A-HJ-NP-Za-km-z]{32,44}) invoke \[(\d{1,3})\]$/;
const CONSUMED = /^Program ([1-9A-HJ-NP-Za-km-z]{32,44}) consumed (\d{1,20}) of (\d{1,20}) compute units$/;
const SUCCESS = /^Program ([1-9A-HJ-NP-Za-km-z]{32,44}) success$/;
const FAILED = /^Program ([1-9A-HJ-NP-Za-km-z]{32,44}) failed: (.*)$/s;
const TRUNCATED = "Log truncated";
/**
 * Maximum depth of the tree, so that recursive code cannot overflow the stack. Deeper invocations become siblings at this depth.
 */
export const MAX_DEPTH = 64;

/** Reads the logs of a transaction. Never throws, whatever the lines contain. */
export function readLogs(lines: readonly string[]): LogTree {
  const invocations: Invocation[] = [];
  const others: string[] = [];
  const open: Invocation[] = [];
  let isTruncated = false;

  /**
   * Ends the innermost open invocation of a program, and all open invocations inside it. The last lines of these inner
   * invocations are missing in the logs.
   */
  const end = (program: string, outcome: "succeeded" | "failed", failure?: string): void => {
    const at = open.findLastIndex((invocation) => invocation.program === program);
    const invocation = open[at];
    if (invocation === undefined) return;
    invocation.outcome = outcome;
    if (failure !== undefined) invocation.failure = failure;
    open.length = at;
  };

  for (const line of lines) {
    const top = open.at(-1);
    const [, invoked, depth] = INVOKE.exec(line) ?? [];
    const [, consumer, used, limit] = CONSUMED.exec(line) ?? [];
    const [, succeeded] = SUCCESS.exec(line) ?? [];
    const [, failed, failure] = FAILED.exec(line) ?? [];
    if (invoked !== undefined) {
      open.length = Math.min(open.length, Math.max(Number(depth) - 1, 0), MAX_DEPTH - 1);
      const invocation: Invocation = { program: invoked, depth: open.length + 1, logs: [], inner: [] };
      (open.at(-1)?.inner ?? invocations).push(invocation);
      open.push(invocation);
    } else if (consumer !== undefined && top?.program === consumer) {
      top.unitsConsumed = BigInt(used ?? 0);
      top.unitsLimit = BigInt(limit ?? 0);
    } else if (succeeded !== undefined) end(succeeded, "succeeded");
    else if (failed !== undefined) end(failed, "failed", failure);
    else if (line === TRUNCATED) isTruncated = true;
    else (top?.logs ?? others).push(line);
  }
  return { invocations, others, isTruncated };
}

/** Returns all invocations inside an invocation, in the order in which they started. */
export function flattenInvocations({ inner }: Invocation): Invocation[] {
  const flat: Invocation[] = [];
  const add = (invocation: Invocation): void => {
    flat.push(invocation);
    invocation.inner.forEach(add);
  };
  inner.forEach(add);
  return flat;
}

/** Finds the innermost invocation that failed. Its program raised the error. */
export function findFailure({ invocations }: LogTree): Invocation | undefined {
  let found: Invocation | undefined;
  let level: readonly Invocation[] = invocations;
  for (;;) {
    // Only the last invocation can be the cause of the failure, because a program may ignore the failure of an earlier invocation.
    const last = level.at(-1);
    if (last?.outcome !== "failed") return found;
    found = last;
    level = last.inner;
  }
}
