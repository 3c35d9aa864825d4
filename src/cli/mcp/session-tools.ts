import { applyStates, hasStates } from "../../compare/changed-run.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import { filterRanges } from "../../protocol/filter-ranges.js";
import type { CreateSession } from "../../session/create-options.js";
import { DEFAULT_ROWS, MAX_ROWS } from "./bounded-output.js";
import { CHANGE_INPUTS, toChanges, transactionInput } from "./change-inputs.js";
import { defineTool, type McpTool } from "./mcp-tool.js";
import { describeSession, untilEvent } from "./session-steps.js";
import { addressInput, integerInput, listInput, oneOfInput, optional, textInput, u64Input } from "./tool-inputs.js";

/** The maximum number of blocks that one call of `advance` executes. */
const MAX_BLOCKS = 1_000;
/** The maximum number of programs. It is limited, because each program needs its own subscription. */
const MAX_PROGRAMS = 16;

export const sessionInput = textInput("The session: the value that start_session returned, such as s1.", 20);

export const RANGE_INPUTS = {
  startSlot: u64Input("The first slot."),
  endSlot: optional(u64Input("The last slot, inclusive. Give this or slotCount.")),
  slotCount: optional(u64Input("The number of slots. Give this or endSlot.")),
};

export const programsInput = listInput(
  addressInput("A program address."),
  "Programs whose transactions are received.",
  MAX_PROGRAMS,
);

/** Returns the slot range that the inputs describe. @throws SimulatorError `invalidParams` */
export function toRange({ startSlot, endSlot, slotCount }: { startSlot: bigint; endSlot?: bigint; slotCount?: bigint }) {
  if ((endSlot === undefined) === (slotCount === undefined))
    throw invalidParams("endSlot", "give endSlot or slotCount, and not both");
  const range: CreateSession & { startSlot: bigint } =
    endSlot === undefined ? { startSlot, slotCount: slotCount as bigint } : { startSlot, endSlot };
  return range;
}

export const pageInputs = {
  offset: optional(integerInput("The number of items to skip. Default: 0.", 0, 1_000_000)),
  limit: optional(integerInput(`The maximum number of items. Default: ${DEFAULT_ROWS}.`, 1, MAX_ROWS)),
};

/** Returns a part of a list, and how to get the next part. */
export function page<T>(items: readonly T[], { offset = 0, limit = DEFAULT_ROWS }: { offset?: number; limit?: number }) {
  const shown = items.slice(offset, offset + limit);
  const next = offset + shown.length;
  return { shown, facts: { total: items.length, offset, ...(next < items.length && { nextOffset: next }) } };
}

const PAGE_HINT = "Call again with offset, or with a smaller limit.";

const listRanges = defineTool({
  name: "list_ranges",
  description: "Lists the ranges of slots that the simulator can replay. Slots are inclusive.",
  inputs: {
    kind: optional(oneOfInput("The kind of the ranges. Default: blocks.", ["blocks", "account_state"])),
    after: optional(textInput("Only ranges that start at or after this slot or time (RFC 3339 or YYYY-MM-DD).", 40)),
    before: optional(textInput("Only ranges that end at or before this slot or time.", 40)),
    ...pageInputs,
  },
  isReadOnly: true,
  call: async ({ kind = "blocks", after, before, ...paging }, { client, signal }) => {
    const bounds = { ...(after !== undefined && { after }), ...(before !== undefined && { before }) };
    filterRanges([], bounds);
    const all = await client.availableRanges({ includeAccountState: kind === "account_state", signal });
    const { shown, facts } = page(
      filterRanges(all, bounds).filter((range) => (range.kind ?? "blocks") === kind),
      paging,
    );
    return { result: { ...facts, ranges: shown }, rows: MAX_ROWS, hint: PAGE_HINT };
  },
});

const startSession = defineTool({
  name: "start_session",
  description:
    "Starts a backtest over a range of slots, with optional changes, and stops before the first slot. Continue with advance or continue_to. Close it with close_session.",
  inputs: { ...RANGE_INPUTS, programs: optional(programsInput), ...CHANGE_INPUTS },
  call: async ({ startSlot, endSlot, slotCount, programs = [], extraComputeUnits, ...changed }, { sessions, signal }) => {
    const create = {
      ...toRange({ startSlot, endSlot, slotCount }),
      ...(extraComputeUnits !== undefined && { extraComputeUnits }),
    };
    const changes = await toChanges(changed);
    const entry = await sessions.start(create, [...new Set(programs)], signal);
    try {
      if (!entry.isReady) await untilEvent(entry, ["readyForContinue"], signal);
      if (hasStates(changes)) await applyStates(entry.session, changes);
    } catch (error) {
      await sessions.close(entry.id);
      throw error;
    }
    return { result: describeSession(entry) };
  },
});

const advance = defineTool({
  name: "advance",
  description:
    "Executes blocks of a session, and returns when they are executed. A skipped slot has no block. Transactions of the last slots may arrive shortly after the result.",
  inputs: { session: sessionInput, blocks: integerInput("The number of blocks.", 1, MAX_BLOCKS) },
  call: async ({ session: id, blocks }, { sessions, signal }) => {
    const entry = sessions.get(id);
    const { outcome, slots } = await entry.session.advance(blocks, { signal });
    return { result: { outcome, executedSlots: slots.length, ...describeSession(entry) } };
  },
});

const continueTo = defineTool({
  name: "continue_to",
  description: "Executes the blocks of a session up to a slot, inclusive, and returns when it is reached.",
  inputs: { session: sessionInput, slot: u64Input("The slot after which the session stops.") },
  call: async ({ session: id, slot }, { sessions, signal }) => {
    const entry = sessions.get(id);
    const end = await untilEvent(entry, ["paused", "completed"], signal, () => entry.session.continueTo({ slot }, { signal }));
    return { result: { outcome: end, ...describeSession(entry) } };
  },
});

const injectTransactions = defineTool({
  name: "inject_transactions",
  description:
    "Executes signed transactions at the beginning of the next block of a session, executes this block, and returns the outcomes.",
  inputs: {
    session: sessionInput,
    transactions: listInput(transactionInput, "The transactions, in the order of execution.", 64),
  },
  call: async ({ session: id, transactions }, { sessions, signal }) => {
    const entry = sessions.get(id);
    const step = await entry.session.continueUntilReady({ advanceCount: 1, transactions }, { signal });
    const injected = step.transactions.map(({ signature, outcome }) =>
      outcome === undefined
        ? { signature, status: "unknown" }
        : {
            signature,
            status: outcome.err === null ? "succeeded" : "failed",
            err: outcome.err,
            computeUnits: outcome.unitsConsumed,
            logs: outcome.logs,
          },
    );
    return {
      result: { outcome: step.outcome, transactions: injected, ...describeSession(entry) },
      rows: 64,
      hint: "Call explain_transaction for a signature.",
    };
  },
});

const listSessions = defineTool({
  name: "list_sessions",
  description: "Lists the sessions of this MCP server, with their progress.",
  inputs: {},
  isReadOnly: true,
  call: async (_, { sessions }) => ({ result: { sessions: sessions.list().map(describeSession) } }),
});

const closeSession = defineTool({
  name: "close_session",
  description: "Closes a session on the simulator.",
  inputs: { session: sessionInput },
  call: async ({ session: id }, { sessions }) => {
    const entry = await sessions.close(id);
    return { result: describeSession(entry) };
  },
});

export const SESSION_TOOLS: readonly McpTool[] = [
  listRanges,
  startSession,
  advance,
  continueTo,
  injectTransactions,
  listSessions,
  closeSession,
];
