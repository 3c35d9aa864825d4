// @ts-check
// Explains rows with `simulator-client/explain`, which is loaded when a failed transaction is visible, a detail is opened, or a
// filter needs it.

/** @typedef {typeof import("../../../dist/browser-explain.js")} Explain */
/** @typedef {import("../../../dist/browser.js").ConfirmedTransaction} ConfirmedTransaction */
/** @typedef {import("../../../dist/browser-explain.js").ExplainedInstruction} ExplainedInstruction */
/** @typedef {import("../contract.js").Explained} Explained */
/** @typedef {import("./run-recorder.js").RunRecorder} RunRecorder */
/** @typedef {Record<import("../contract.js").FacetKind, Set<string>>} Facets instructions in lower case */

/** @type {Explain | undefined} */
let loaded;
/** @type {Promise<Explain> | undefined} */
let loading;
/** The errors of transactions in words. @type {WeakMap<ConfirmedTransaction, string>} */
const reasons = new WeakMap();
/** @type {WeakMap<ConfirmedTransaction, Facets>} */
const facets = new WeakMap();

/** @returns {Promise<Explain>} */
export async function loadExplain() {
  loading ??= import("../../../dist/browser-explain.js");
  try {
    loaded = await loading;
    return loaded;
  } catch (error) {
    loading = undefined;
    throw error;
  }
}

/** Whether `visibleReasonOf` has tried to load `explain`. */
let isRequested = false;
/** The table shows this text for a failed transaction while `explain` is loading. */
const LOADING_REASON = "failed";

/**
 * Returns the error of a visible transaction in words. Only the first call tries to load `explain`.
 *
 * @param {ConfirmedTransaction} transaction
 * @param {() => void} handleLoaded called when `explain` has been loaded, or has failed to load
 * @returns {string | undefined} `undefined` if `explain` cannot be loaded
 */
export function visibleReasonOf(transaction, handleLoaded) {
  if (loaded !== undefined) return reasonOf(transaction);
  if (!isRequested) {
    isRequested = true;
    loadExplain().then(handleLoaded, handleLoaded);
  }
  return loading === undefined ? undefined : LOADING_REASON;
}

/** Returns the error of a transaction in words: `Token: insufficient funds`. @param {ConfirmedTransaction} transaction @returns {string | undefined} `undefined` until `loadExplain` has resolved */
export function reasonOf(transaction) {
  if (loaded === undefined) return undefined;
  const known = reasons.get(transaction);
  if (known !== undefined) return known;
  const error = loaded.describeError(transaction);
  if (error === undefined) return undefined;
  const program = error.program?.name;
  const reason = program === undefined ? error.message : `${program}: ${error.message}`;
  reasons.set(transaction, reason);
  return reason;
}

/** Returns the programs, accounts, signers and instructions of a transaction, for the filters. Requires `loadExplain`. @param {ConfirmedTransaction} transaction @returns {Facets} */
export function facetsOf(transaction) {
  const known = facets.get(transaction);
  if (known !== undefined || loaded === undefined) return known ?? emptyFacets();
  const found = emptyFacets();
  const { feePayer, instructions } = loaded.explainTransaction(transaction);
  for (const account of loaded.transactionAccounts(transaction)) found.account.add(account);
  if (feePayer !== undefined) found.signer.add(feePayer);
  collect(instructions, found);
  facets.set(transaction, found);
  return found;
}

/** @returns {Facets} */
const emptyFacets = () => ({ program: new Set(), account: new Set(), signer: new Set(), instruction: new Set() });

/** @param {readonly ExplainedInstruction[]} instructions @param {Facets} found */
function collect(instructions, found) {
  for (const { program, name, accounts, inner } of instructions) {
    found.program.add(program.address);
    if (name !== undefined) found.instruction.add(name.toLowerCase());
    for (const { address, signer } of accounts) if (signer) found.signer.add(address);
    collect(inner, found);
  }
}

/** @param {RunRecorder} recorder @param {{ table: import("../contract.js").TableName, id: number }} selection @returns {Promise<Explained | undefined>} */
export async function explainRow(recorder, { table, id }) {
  /** @type {Explain} */
  let explain;
  try {
    explain = await loadExplain();
  } catch (error) {
    return { table, id, failure: error instanceof Error ? error.message : String(error) };
  }
  if (table === "transactions") return explainTransactionRow(explain, recorder, id);
  const item = table === "accountDiffs" ? recorder.accountDiffs.item(id) : undefined;
  if (item === undefined) return undefined;
  const account = explain.explainAccount(item.diff);
  const mint = (account.after ?? account.before)?.fields?.mint;
  const decimals = typeof mint === "string" ? recorder.decimalsOf(mint) : undefined;
  return {
    table: "accountDiffs",
    id,
    account,
    ...(typeof mint === "string" && decimals !== undefined && { token: { mint, decimals } }),
  };
}

/** @param {Explain} explain @param {RunRecorder} recorder @param {number} id @returns {Explained | undefined} */
function explainTransactionRow(explain, recorder, id) {
  const transaction = recorder.transactions.item(id)?.transaction;
  if (transaction === undefined) return undefined;
  const explained = explain.explainTransaction(transaction);
  /** @type {Record<string, import("../contract.js").Token>} */
  const tokens = {};
  const addresses = explain.transactionAccounts(transaction);
  for (const { accountIndex, mint, uiTokenAmount } of tokenBalancesOf(transaction)) {
    const address = addresses[accountIndex];
    if (address !== undefined && uiTokenAmount) tokens[address] = { mint, decimals: uiTokenAmount.decimals };
  }
  /** @type {Extract<Explained, { diffs: unknown }>["diffs"]} */
  const diffs = {};
  const { signature, slot } = explained;
  for (const number of recorder.diffsOf({ signature, slot })) {
    const item = recorder.accountDiffs.item(number);
    if (item === undefined) continue;
    const { before, after, changes } = explain.explainAccount(item.diff);
    const kind = (after ?? before)?.kind;
    diffs[number] = { ...(kind !== undefined && { kind }), changes };
  }
  return { table: "transactions", id, transaction: explained, tokens, diffs };
}

/** All token balances before and after a transaction. The client does not validate them. @param {ConfirmedTransaction} transaction */
export function tokenBalancesOf({ meta }) {
  return [meta?.preTokenBalances, meta?.postTokenBalances].flatMap((list) => (Array.isArray(list) ? list : []));
}
