// @ts-check
// The balances of chosen accounts, or their profit and loss: the change since the first balance of the run.
import { createChart } from "./chart.js";
import { around, decimalMarks } from "./chart-scales.js";
import { h, setAttribute, setText, uniqueId } from "./dom.js";
import { formatTokens, KNOWN_MINTS, symbolOf, withSign } from "./known-mints.js";
import { formatNumber, formatSol, shorten } from "./number-format.js";

/** @typedef {import("../contract.js").Charts["balances"]} Balances */
/** @typedef {Balances["accounts"][number]} Charted */
/** @typedef {import("../contract.js").Snapshot} Snapshot */

/** Minimum time between two updates of the account list, in ms. */
const CHOICE_PACE_MS = 1000;
/** Maximum number of accounts in the chart. */
const MOST = 4;
const SOL_DECIMALS = 9;

/**
 * @param {Pick<import("./chart.js").Shape, "xMarks" | "xSteps" | "xRange" | "syncKey" | "select">} overSlots
 * @param {import("../worker-link.js").WorkerLink} link
 */
export function createBalanceChart(overSlots, link) {
  let isProfit = false;
  let accountsKey = "";
  let labelsKey = "";
  /** @type {Snapshot | undefined} */
  let latest;
  /** @type {Balances} */
  let balances = { x: new Float64Array(), accounts: [] };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {readonly string[]} */
  let charted = [];

  const selectId = uniqueId("account");
  const select = h("select", { id: selectId, class: "chart-account", onchange: choose });
  const profit = h("button", { type: "button", class: "chip", "aria-pressed": "false", onclick: toggleProfit }, "P&L");
  profit.title = "Profit and loss: the change since the first balance of the run";
  const chart = createChart(
    {
      ...overSlots,
      name: "balances",
      title: "Balances",
      series: /** @type {const} */ (["four", "one", "two", "three"]).map((color) => ({
        label: "balance",
        color,
        style: "steps",
      })),
      describe: (index, [x]) => ({
        position: `Slot ${formatNumber(x[index] ?? 0)}`,
        values: balances.accounts.map((account) => valueAt(account, index)),
      }),
      emptyText: "Choose an account to chart its balance.",
      yMarks: decimalMarks,
      yRange: around,
    },
    h("label", { for: selectId, class: "visually-hidden" }, "Account"),
    select,
    profit,
  );
  const title = /** @type {HTMLElement} */ (chart.element.querySelector("h3"));

  chart.label([{ label: "balance" }]);

  function toggleProfit() {
    isProfit = !isProfit;
    setAttribute(profit, "aria-pressed", `${isProfit}`);
    chart.draw(columns(balances));
  }

  function choose() {
    if (select.value !== "") add(select.value);
    select.value = "";
  }

  /** @param {string} account */
  function add(account) {
    const others = charted.filter((other) => other !== account);
    link.send({ type: "chartAccounts", accounts: [...others.slice(-(MOST - 1)), account] });
  }

  /** @param {string} account */
  function remove(account) {
    link.send({ type: "chartAccounts", accounts: charted.filter((other) => other !== account) });
    select.focus();
  }

  /** @param {Charted} account @param {number} index */
  function valueAt(account, index) {
    const y = account.y[index] ?? account.start;
    if (!isProfit) return formatBalance(account, y);
    const change = y - account.start;
    return change === 0n ? formatBalance(account, 0n) : withSign(formatBalance(account, change));
  }

  /** @param {Balances} next @returns {import("uplot").AlignedData} one column for each possible account */
  function columns(next) {
    balances = next;
    const { x, accounts } = next;
    const key = `${accounts.map(({ account, mint, decimals }) => `${account} ${mint} ${decimals}`).join(" ")}`;
    if (key !== labelsKey) {
      labelsKey = key;
      const units = [...new Set(accounts.map(unitOf))];
      setText(title, `Balances${units.length === 1 ? ` (${units[0]})` : ""}`);
      chart.label(
        accounts.length === 0
          ? [{ label: "balance" }]
          : accounts.map((charted) => {
              const { account } = charted;
              return { label: shorten(account), unit: unitOf(charted), title: account, remove: () => remove(account) };
            }),
      );
    }
    const filled = Array.from({ length: MOST }, (_, index) => {
      const account = accounts[index];
      if (account === undefined) return new Array(x.length).fill(null);
      const scale = 10 ** decimalsOf(account);
      const from = isProfit ? account.start : 0n;
      return Array.from(account.y, (value) => Number(value - from) / scale);
    });
    return [x, ...filled];
  }

  /** @param {Snapshot} snapshot */
  function offer({ accounts, chartedAccounts }) {
    const others = accounts.filter(({ address }) => !chartedAccounts.includes(address));
    select.replaceChildren(
      h("option", { value: "" }, accounts.length === 0 ? "No changes yet" : "Add an account"),
      ...others.map(({ address, changes }) =>
        h("option", { value: address }, `${shorten(address, 6)} · ${formatNumber(changes)} changes`),
      ),
    );
  }

  function offerNow() {
    clearTimeout(timer);
    timer = undefined;
    // The list of accounts stays unchanged while it has the focus, because the user can be choosing an entry.
    if (latest === undefined || document.activeElement === select) return;
    const { accounts, chartedAccounts } = latest;
    const key = `${chartedAccounts.join()} ${accounts.map(({ address, changes }) => `${address}${changes}`).join(" ")}`;
    if (key === accountsKey) return;
    accountsKey = key;
    offer(latest);
  }

  return {
    chart,
    columns,
    add,
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      latest = snapshot;
      const isChanged = snapshot.chartedAccounts.join() !== charted.join();
      charted = snapshot.chartedAccounts;
      if (isChanged || accountsKey === "") offerNow();
      else timer ??= setTimeout(offerNow, CHOICE_PACE_MS);
    },
  };
}

/** @param {Pick<Charted, "mint" | "decimals">} account */
const decimalsOf = ({ mint, decimals }) => (mint === undefined ? SOL_DECIMALS : (decimals ?? KNOWN_MINTS[mint]?.[1] ?? 0));

/** @param {Charted} account */
const unitOf = ({ mint }) => (mint === undefined ? "SOL" : symbolOf(mint));

/** @param {Charted} account @param {bigint} amount */
function formatBalance(account, amount) {
  const { mint } = account;
  return mint === undefined ? formatSol(amount) : formatTokens(amount, { mint, decimals: decimalsOf(account) });
}
