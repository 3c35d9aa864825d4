import { parseJson, stringifyJson } from "../../codec/json.js";
import { toAccountData } from "../engine/account-state.js";
import type {
  AccountState,
  EngineBlock,
  EngineSession,
  ExecutedTransaction,
  MaybePromise,
  PlannedTransaction,
  Simulation,
} from "../engine/engine.js";
import type { LogEntry } from "../notifications/notification-log.js";
import { base64AccountJson } from "../notifications/notification-results.js";
import { BacktestFailure } from "../wire/backtest-failure.js";
import { describeTransactionError } from "../wire/transaction-error.js";
import { AccountOverrides } from "./account-overrides.js";
import type { ActionPlan } from "./action-plans.js";
import { firesAtSlot } from "./anchor.js";
import { encodeMatched, matches } from "./discovery-scanner.js";

/** The parts of the session that its actions use. */
export interface ActionHost {
  /** Called with the transactions that an action has sent. */
  executed(transactions: readonly ExecutedTransaction[]): void;
  report(entry: LogEntry): void;
  /** Whether the signatures of sent transactions are verified. */
  verifySignatures: boolean;
}

/** The position at which an action runs: the start or the end of a slot, or a batch with a matching transaction. */
interface Firing {
  slot: bigint;
  batchIndex?: number;
  matched?: PlannedTransaction;
}

interface Outcome {
  err: string | null;
  logs: readonly string[];
  unitsConsumed: number;
  fee?: bigint;
  returnData?: unknown;
}

interface Run {
  outcomes: Outcome[];
  /** The states of the accounts in `returnAccounts` after the last transaction. */
  accounts: readonly (AccountState | undefined)[];
  /** The accounts that the transactions wrote. */
  written: ReadonlyMap<string, AccountState | undefined>;
}

/** Runs the scheduled actions of a session, and reports their outcomes. */
export class ActionRunner {
  readonly #actions: readonly ActionPlan[];
  readonly #engine: EngineSession;
  readonly #host: ActionHost;
  readonly #overrides = new AccountOverrides();

  constructor(actions: readonly ActionPlan[], engine: EngineSession, host: ActionHost) {
    this.#actions = actions;
    this.#engine = engine;
    this.#host = host;
  }

  /** The account states that the actions have set so far. */
  get overrides(): ReadonlyMap<string, AccountState> {
    return this.#overrides.states;
  }

  /** Whether an action has a filter. If so, `atBatch` must be called with the planned transactions. */
  get needsPlan(): boolean {
    return this.#actions.some(({ anchor }) => "filter" in anchor);
  }

  /** Runs the actions that are scheduled for the start or the end of this slot. */
  async atSlot(at: "before" | "after", { slot }: EngineBlock): Promise<void> {
    for (const action of this.#actions) {
      if (firesAtSlot(action.anchor, at, slot)) await this.#fire(action, { slot });
    }
  }

  /**
   * Runs each action if its filter matches a transaction of this batch.
   *
   * @param at `before`: the batch has not run yet. `after`: the batch has run
   */
  async atBatch(at: "before" | "after", slot: bigint, batchIndex: number, batch: readonly PlannedTransaction[]): Promise<void> {
    for (const action of this.#actions) {
      const { anchor } = action;
      if (!("filter" in anchor) || anchor.at !== `${at}Match`) continue;
      const matched = batch.find((transaction) => matches(anchor.filter, transaction));
      if (matched !== undefined) await this.#fire(action, { slot, batchIndex, matched });
    }
  }

  async #fire(action: ActionPlan, firing: Firing): Promise<void> {
    const { anchor } = action;
    const transactions = "slots" in anchor ? anchor.slots.itemsAt(firing.slot, action.transactions) : action.transactions;
    if (transactions.length === 0) {
      this.#overrides.set(action.overrides);
      return;
    }
    const run = action.kind === "send" ? await this.#send(action, transactions) : await this.#simulate(action, transactions);
    if (action.feedsReroute && run.outcomes.every(({ err }) => err === null)) {
      this.#overrides.set(action.overrides);
      this.#overrides.set(run.written);
    }
    this.#host.report(reportOf(action, firing, run));
  }

  /** Simulates the transactions. If a transaction fails, the result ends with this transaction. */
  async #simulate(action: ActionPlan, transactions: readonly string[]): Promise<Run> {
    try {
      let simulation = await this.#try(action, transactions);
      const failed = simulation.transactions.findIndex(({ meta }) => meta.err !== null);
      if (failed >= 0 && failed + 1 < transactions.length) {
        simulation = await this.#try(action, transactions.slice(0, failed + 1));
      }
      return {
        outcomes: simulation.transactions.map(outcomeOf),
        accounts: action.returnAccounts.map((address) => simulation.accounts.get(address)),
        written: writtenBy(simulation.transactions),
      };
    } catch (error) {
      return { outcomes: [unreadable(error)], accounts: [], written: new Map() };
    }
  }

  #try(action: ActionPlan, transactions: readonly string[]): MaybePromise<Simulation> {
    const earlier = [...this.overrides].map(([address, state]) => [address, toAccountData(state)] as const);
    const accountOverrides = { ...Object.fromEntries(earlier), ...action.wireOverrides };
    const { returnAccounts } = action;
    return (
      this.#engine.simulate?.(transactions, { accountOverrides, returnAccounts }) ?? { transactions: [], accounts: new Map() }
    );
  }

  async #send(action: ActionPlan, transactions: readonly string[]): Promise<Run> {
    const outcomes: Outcome[] = [];
    for (const transaction of transactions) {
      let executed: readonly ExecutedTransaction[];
      try {
        const { verifySignatures } = this.#host;
        executed = await (await this.#engine.prepare([transaction], { verifySignatures })).execute();
      } catch (error) {
        outcomes.push(unreadable(error));
        break;
      }
      this.#host.executed(executed);
      outcomes.push(...executed.map(outcomeOf));
      if (executed.some(({ meta }) => meta.err !== null)) break;
    }
    const accounts = await Promise.all(action.returnAccounts.map((address) => this.#engine.account(address)));
    return { outcomes, accounts, written: new Map() };
  }
}

function writtenBy(transactions: readonly ExecutedTransaction[]): Map<string, AccountState | undefined> {
  return new Map(transactions.flatMap(({ diffs }) => diffs.map(({ address, post }) => [address, post] as const)));
}

function outcomeOf({ meta }: ExecutedTransaction): Outcome {
  return {
    err: meta.err === null ? null : describeTransactionError(meta.err),
    logs: meta.logMessages,
    unitsConsumed: meta.computeUnitsConsumed,
    fee: meta.fee,
    ...(meta.returnData && { returnData: meta.returnData }),
  };
}

/**
 * Converts the error of an unreadable transaction to an outcome. Rethrows the errors of the engine, because these errors end the
 * session.
 */
function unreadable(error: unknown): Outcome {
  if (!(error instanceof BacktestFailure)) throw error;
  return { err: stringifyJson(error.wire), logs: [], unitsConsumed: 0 };
}

function reportOf(action: ActionPlan, { slot, batchIndex, matched }: Firing, { outcomes, accounts }: Run): LogEntry {
  const key = [action.index, batchIndex ?? "", matched?.index ?? ""].join("|");
  const result = {
    context: { slot },
    slot,
    batchIndex,
    txIndex: matched?.index,
    actionIndex: action.index,
    label: action.label,
    committed: action.kind === "send",
    transactionOutcomes: outcomes,
    accounts: accounts.map((state) => (state === undefined ? null : parseJson(base64AccountJson(state)))),
    matched: matched === undefined ? undefined : encodeMatched(slot, matched),
  };
  return { type: "report", kind: "action", slot, result: { slot, key, json: () => stringifyJson(result) } };
}
