// @ts-check
import { isBalanceChange } from "./account-balance.js";
import { BalanceSeries, joinBalances } from "./balance-series.js";
import { tokenBalancesOf } from "./explanations.js";
import { FrequentKeys } from "./frequent-keys.js";
import { RateSeries } from "./rate-series.js";
import { diffMatcher, logMatcher, transactionMatcher } from "./row-matchers.js";
import { RowTable } from "./row-table.js";
import { SlotSeries } from "./slot-series.js";
import { isFailed, toDiffRow, toLogRow, toTransactionRow } from "./table-rows.js";

/** @typedef {import("../../../dist/browser.js").ConfirmedTransaction} ConfirmedTransaction */
/** @typedef {import("../../../dist/browser.js").AccountDiff} AccountDiff */
/** @typedef {import("../../../dist/browser.js").DiscoveryBatchEvent} DiscoveryBatchEvent */
/** @typedef {ReturnType<RunRecorder["totals"]>} Totals */

const SUCCEEDED = 0;
const FAILED = 1;
const COMPUTE_UNITS = 2;
const LOGS_PER_TRANSACTION = 4;
const DISCOVERIES = 200;
const ACCOUNTS = 100;
/** Maximum number of charted accounts. Must match the series of the chart. */
const CHARTED = 4;
/** Minimum time between two searches for the decimals of a mint, in ms. */
const DECIMALS_MS = 2_000;
const FAILURE = /^Program \w+ failed: /;

/** Records the newest rows of a run, and the totals of all rows. The memory use does not depend on the length of the run. */
export class RunRecorder {
  transactions;
  accountDiffs;
  logs;
  slots;
  notifications = new RateSeries();
  executed = new RateSeries();
  /** The charted accounts. @type {BalanceSeries[]} */
  balances = [];
  /** @type {{ slot: bigint, batchIndex: number, transactions: number }[]} */
  discoveries = [];
  /** When the last notification or slot was received, in ms since 1970. */
  lastEventAt = Date.now();
  #accounts = new FrequentKeys(ACCOUNTS * 10);
  #isAccountChosen = false;
  /** The earliest time of the next search for the decimals of a mint. Searches are limited, because each reads all transactions in memory. @type {Map<string, number>} */
  #nextSearches = new Map();
  /** Decimals by mint. @type {Map<string, number>} */
  #decimals = new Map();
  #sums = { slots: 0, skipped: 0, transactions: 0, failedTransactions: 0, accountDiffs: 0, computeUnits: 0n, fees: 0n };

  /** @param {{ startSlot: bigint, rows: number }} settings */
  constructor({ startSlot, rows }) {
    this.slots = new SlotSeries(startSlot, 3);
    this.transactions = new RowTable(rows, toTransactionRow, transactionMatcher);
    this.accountDiffs = new RowTable(rows, (item, id) => toDiffRow(item, id, (mint) => this.decimalsOf(mint)), diffMatcher);
    this.logs = new RowTable(rows * LOGS_PER_TRANSACTION, toLogRow, logMatcher);
  }

  /** @param {ConfirmedTransaction} transaction @param {number | undefined} subRange */
  addTransaction(transaction, subRange) {
    const { slot, meta } = transaction;
    const sums = this.#sums;
    const item = { transaction, subRange };
    const failed = isFailed(transaction);
    this.transactions.push(item);
    for (const text of meta?.logMessages ?? []) this.logs.push({ text, isFailure: FAILURE.test(text), of: item });
    sums.transactions++;
    if (failed) sums.failedTransactions++;
    this.slots.add(slot, failed ? FAILED : SUCCEEDED, 1);
    if (meta?.computeUnitsConsumed !== undefined) {
      sums.computeUnits += meta.computeUnitsConsumed;
      this.slots.add(slot, COMPUTE_UNITS, Number(meta.computeUnitsConsumed));
    }
    if (meta?.fee !== undefined) sums.fees += meta.fee;
    this.lastEventAt = Date.now();
    this.notifications.add(this.lastEventAt, 1);
  }

  /** @param {AccountDiff} diff @param {number | undefined} subRange */
  addAccountDiff(diff, subRange) {
    this.accountDiffs.push({ diff, subRange });
    this.#sums.accountDiffs++;
    if (diff.account !== undefined) {
      // The chart offers only accounts whose balance changes.
      if (isBalanceChange(diff)) {
        this.#accounts.add(diff.account);
        // Until the user selects an account, the chart shows the account with the first balance change.
        if (!this.#isAccountChosen && this.balances.length === 0) this.balances = [new BalanceSeries(diff.account)];
      }
      for (const series of this.balances) if (series.account === diff.account) series.add(diff);
    }
    this.lastEventAt = Date.now();
    this.notifications.add(this.lastEventAt, 1);
  }

  /** @param {bigint} slot @param {number} skipped slots without a block since the previous block */
  addSlot(slot, skipped) {
    this.slots.reach(slot);
    this.#sums.slots++;
    this.#sums.skipped += skipped;
    this.lastEventAt = Date.now();
    this.executed.add(this.lastEventAt, 1 + skipped);
  }

  /** @param {number} slots after the last block */
  addSkipped(slots) {
    this.#sums.skipped += slots;
  }

  /** @param {DiscoveryBatchEvent} event */
  addDiscovery({ slot, batchIndex, transactions }) {
    this.discoveries.push({ slot, batchIndex, transactions: transactions.length });
    if (this.discoveries.length > DISCOVERIES) this.discoveries.shift();
  }

  /** Sets the charted accounts. The series of a new account starts with the diffs that are still in memory. @param {readonly string[]} accounts */
  chartAccounts(accounts) {
    this.#isAccountChosen = true;
    const former = this.balances;
    this.balances = [...new Set(accounts)].slice(0, CHARTED).map((account) => {
      const known = former.find((series) => series.account === account);
      if (known !== undefined) return known;
      const series = new BalanceSeries(account);
      for (const { diff } of this.accountDiffs.items()) if (diff.account === account) series.add(diff);
      return series;
    });
  }

  /** Compares new rows with the filters. @param {number} budgetMs time limit for each table, in ms */
  search(budgetMs) {
    for (const table of [this.transactions, this.accountDiffs, this.logs]) table.search(budgetMs);
  }

  /** Returns the ids of a transaction's account diffs that are still in memory. @param {{ signature?: string | undefined, slot?: bigint | undefined }} of */
  diffsOf({ signature, slot }) {
    const ids = [];
    let id = this.accountDiffs.items().first;
    for (const { diff } of this.accountDiffs.items()) {
      if (diff.context.slot === slot && diff.signature === signature) ids.push(id);
      id++;
    }
    return ids;
  }

  /** Returns the decimals of a mint, from the token balances of transactions in memory. @param {string} mint */
  decimalsOf(mint) {
    const known = this.#decimals.get(mint);
    const now = performance.now();
    if (known !== undefined || now < (this.#nextSearches.get(mint) ?? 0)) return known;
    this.#nextSearches.set(mint, now + DECIMALS_MS);
    for (const { transaction } of this.transactions.items()) {
      for (const { mint: other, uiTokenAmount } of tokenBalancesOf(transaction)) {
        if (other !== mint || !uiTokenAmount) continue;
        this.#decimals.set(mint, uiTokenAmount.decimals);
        return uiTokenAmount.decimals;
      }
    }
    return undefined;
  }

  get sums() {
    return this.#sums;
  }

  accounts() {
    return this.#accounts.top(ACCOUNTS).map(([address, changes]) => ({ address, changes }));
  }

  /** @returns {import("../contract.js").Charts} */
  charts() {
    const { x, columns } = this.slots.read();
    const none = new Float64Array();
    const [succeeded = none, failed = none, computeUnits = none] = columns;
    return {
      slots: { slotsPerBucket: this.slots.slotsPerBucket, x, succeeded, failed, computeUnits },
      balances: this.#chartedBalances(),
      rate: this.notifications.read(Date.now()),
    };
  }

  /** @returns {import("../contract.js").Charts["balances"]} */
  #chartedBalances() {
    const { x, columns } = joinBalances(this.balances);
    const accounts = this.balances.map(({ account, mint, start }, index) => {
      const decimals = mint === undefined ? undefined : this.decimalsOf(mint);
      return {
        account,
        start,
        y: columns[index] ?? new BigUint64Array(),
        ...(mint && { mint }),
        ...(decimals !== undefined && { decimals }),
      };
    });
    return { x, accounts };
  }

  /** Returns all data except the rows, for `restore` after a reload. */
  totals() {
    return { sums: { ...this.#sums }, slots: this.slots.save() };
  }

  /** @param {Totals} totals */
  restore({ sums, slots }) {
    this.#sums = { ...sums };
    this.slots.restore(slots);
  }
}
