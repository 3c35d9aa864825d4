import type { BacktestClient } from "../../client/backtest-client.js";
import { runAB } from "../../compare/run-ab.js";
import type { RecordedOutcome, TransactionDifference } from "../../compare/transaction-difference.js";
import { failureText } from "../../compare/transaction-failure.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import type { ManagedBacktestSession } from "../../session/managed-backtest-session.js";
import { onAbort } from "../../transport/on-abort.js";
import { DEFAULT_ROWS, MAX_ROWS } from "./bounded-output.js";
import { CHANGE_INPUTS, INJECTION_INPUTS, toChanges } from "./change-inputs.js";
import { defineTool } from "./mcp-tool.js";
import { programsInput, RANGE_INPUTS, toRange } from "./session-tools.js";
import { LimitReached } from "./tool-failure.js";
import { integerInput, optional } from "./tool-inputs.js";

/** Maximum number of slots in a comparison. It is limited, because a comparison keeps two records in memory. */
const MAX_SLOTS = 1_000n;
const MAX_CHARACTERS = 256 * 1024 * 1024;
const CHECK_MS = 250;

const USE_AB = "Compare fewer slots or programs, or use the command simulator-client ab, which writes the records to files.";

/** The clients that are running a comparison. Each client can run only one comparison at a time. */
const running = new WeakSet<BacktestClient>();

/** The tool that runs the same slots twice, and compares the two runs. */
export const compareRuns = defineTool({
  name: "compare_runs",
  description:
    "Runs the same slots without and with changes, and compares the transactions of programs. A is the run without changes, B the run with changes.",
  inputs: {
    ...RANGE_INPUTS,
    programs: optional(programsInput),
    ...CHANGE_INPUTS,
    ...INJECTION_INPUTS,
    rows: optional(integerInput(`The maximum number of items of each list. Default: ${DEFAULT_ROWS}.`, 1, MAX_ROWS)),
  },
  call: async ({ startSlot, endSlot, slotCount, programs, extraComputeUnits, rows = DEFAULT_ROWS, ...changed }, context) => {
    const range = toRange({ startSlot, endSlot, slotCount });
    const slots = slotCount ?? (endSlot ?? startSlot) - startSlot + 1n;
    if (slots > MAX_SLOTS) throw new LimitReached(`a comparison has at most ${MAX_SLOTS} slots`, USE_AB);
    const changes = await toChanges(changed);
    const isChanged = Object.values(changes).some((one) => Object.keys(one).length > 0) || extraComputeUnits !== undefined;
    if (!isChanged) {
      throw invalidParams("programFiles", "nothing is changed; give programFiles, accounts, transactions or extraComputeUnits");
    }
    if (running.has(context.client)) {
      throw new LimitReached("another comparison is running", "Wait for its result, and call again.");
    }
    running.add(context.client);
    const bounded = boundedClient(context.client, context.signal);
    try {
      const { comparison } = await runAB(bounded.client, range, {
        ...(programs !== undefined && { programs }),
        candidate: { ...changes, ...(extraComputeUnits !== undefined && { create: { extraComputeUnits } }) },
        limit: MAX_ROWS,
        pnlLimit: MAX_ROWS,
        signal: bounded.signal,
      });
      const { summary, regressions, fixes, errors, missing, extra, balances, logs, computeUnits, fees, order } = comparison;
      const { a, b, pnl, ...totals } = summary;
      const side = ({ transactions, failed, isComplete }: typeof a) => ({ transactions, failed, isComplete });
      const result = {
        summary: { a: side(a), b: side(b), ...totals },
        regressions: regressions.map(describe),
        fixes: fixes.map(describe),
        errors: errors.map(describe),
        missing: missing.map(describe),
        extra: extra.map(describe),
        ...{ balances, pnl, logs, computeUnits, fees, order },
      };
      return { result, rows, hint: "The totals are complete. Call again with more rows, or use simulator-client ab." };
    } catch (error) {
      throw bounded.problem() ?? error;
    } finally {
      bounded.stop();
      running.delete(context.client);
    }
  },
});

function describe({ slot, signature, kinds, a, b }: TransactionDifference): object {
  return { slot, signature, kinds, a: outcomeText(a), b: outcomeText(b) };
}

function outcomeText(outcome: RecordedOutcome | undefined): string {
  if (outcome === undefined) return "absent";
  return outcome.err === null ? "succeeded" : failureText(outcome);
}

/** Returns a client that shuts its sessions down when they have received too much data. */
function boundedClient(client: BacktestClient, signal: AbortSignal) {
  const stop = new AbortController();
  const started: ManagedBacktestSession[] = [];
  let problem: LimitReached | undefined;
  const stopListening = onAbort(signal, () => stop.abort(signal.reason));
  const timer = setInterval(() => {
    const received = started.reduce((sum, { diagnostics }) => sum + Math.max(diagnostics.bytes, diagnostics.decodedBytes), 0);
    if (received <= MAX_CHARACTERS || problem !== undefined) return;
    problem = new LimitReached("the two runs have more than 256 MiB of transactions", USE_AB);
    stop.abort(problem);
  }, CHECK_MS);
  return {
    client: {
      startSession: async (...args: Parameters<BacktestClient["startSession"]>) => {
        const session = await client.startSession(...args);
        started.push(session);
        return session;
      },
    },
    signal: stop.signal,
    problem: () => problem,
    stop: () => {
      clearInterval(timer);
      stopListening();
    },
  };
}
