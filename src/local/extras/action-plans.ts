import * as v from "valibot";
import { findActionProblem, scheduledAction } from "../../protocol/scheduled-action.js";
import { text } from "../../protocol/schema.js";
import type { AccountData } from "../../protocol/shapes.js";
import { toAccountStates } from "../engine/account-state.js";
import type { AccountState } from "../engine/engine.js";
import { invalidRequest } from "../wire/backtest-failure.js";
import type { CompressedFields } from "../wire/compressed-fields.js";
import { findOverrideProblem } from "./account-overrides.js";
import { type Anchor, readAnchor } from "./anchor.js";
import { SEND_ACTION, unsupportedInReplay } from "./state-replay.js";

/** A decoded and validated scheduled action. */
export interface ActionPlan {
  /** The index of the action in the create request. */
  index: number;
  anchor: Anchor;
  kind: "simulate" | "send";
  /**
   * Transactions in base64, or an empty list. If `anchor` has a list of slots, transaction n runs at entry n of the list.
   * Otherwise, all transactions run each time the action runs.
   */
  transactions: readonly string[];
  overrides: ReadonlyMap<string, AccountState>;
  /** The overrides as the client sent them, because the engine expects this form. */
  wireOverrides: Readonly<Record<string, AccountData>>;
  /** `true`: later simulations and account reads use the states that this action has written. See `ScheduledAction.feedsReroute`. */
  feedsReroute: boolean;
  returnAccounts: readonly string[];
  label: string | undefined;
}

type WireAction = v.InferOutput<typeof scheduledAction>;

const actionList = v.array(scheduledAction);
const transactionList = v.array(text);

/**
 * Reads the `actions` of a create request.
 *
 * @throws BacktestFailure `invalidRequest`, `invalidAccountEncoding`
 */
export function readActions(packed: string, fields: CompressedFields, replaysState: boolean): ActionPlan[] {
  const actions = fields.read("actions", packed, actionList);
  return actions.map((action, index) => readAction(action, fields, index, replaysState));
}

function readAction(wire: WireAction, fields: CompressedFields, index: number, replaysState: boolean): ActionPlan {
  const name = `action ${index}`;
  const anchor = readAnchor(`${name}.anchor`, wire.anchor, fields);
  const transactions = fields.read(`${name}.transactions`, wire.transactions, transactionList);
  const wireOverrides = wire.accountOverrides as Readonly<Record<string, AccountData>>;
  const plan: ActionPlan = {
    index,
    anchor,
    kind: wire.kind,
    transactions,
    overrides: toAccountStates(wireOverrides),
    wireOverrides,
    feedsReroute: wire.feedsReroute ?? false,
    returnAccounts: wire.returnAccounts,
    label: wire.label,
  };
  const problem = findProblem(plan, wire, replaysState);
  if (problem !== undefined) throw invalidRequest(`${name}: ${problem}`);
  return plan;
}

function findProblem(plan: ActionPlan, { resolve }: WireAction, replaysState: boolean): string | undefined {
  const { anchor, kind, transactions, overrides, feedsReroute } = plan;
  const { length: transactionCount } = transactions;
  if (kind === "send" && transactionCount > 0 && replaysState) {
    return unsupportedInReplay("a scheduled action of kind send", SEND_ACTION);
  }
  const problem = findActionProblem({ ...plan, resolve }, false);
  if (problem !== undefined) return problem;
  if (kind === "send" && (overrides.size > 0 || feedsReroute))
    return "accountOverrides and feedsReroute cannot be used with kind send";
  if (feedsReroute && transactionCount === 0 && overrides.size === 0) {
    return "feedsReroute needs transactions or accountOverrides";
  }
  if (transactionCount === 0 && overrides.size > 0 && anchor.at !== "beforeSlot") {
    return "persistent account overrides need the anchor beforeSlot";
  }
  return findOverrideProblem(overrides);
}
