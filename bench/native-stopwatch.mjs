// Measures the time in the native calls of the litesvm engine: calls of the VM, and the signing of a generated ledger.
import { createRequire, syncBuiltinESMExports } from "node:module";

/** Measures how long functions run, and adds up the times by purpose, in ms. Timing one call takes about 0.1 µs. */
export class Stopwatch {
  /** @type {Record<string, number>} */
  spent = {};

  /** @param {Record<string, Function>} holder @param {string} name @param {string} purpose */
  time(holder, name, purpose) {
    const inner = holder[name];
    const { spent } = this;
    spent[purpose] ??= 0;
    holder[name] = function (...args) {
      const start = performance.now();
      try {
        return inner.apply(this, args);
      } finally {
        spent[purpose] += performance.now() - start;
      }
    };
  }

  reset() {
    for (const purpose of Object.keys(this.spent)) this.spent[purpose] = 0;
  }

  /** The milliseconds that were spent in the VM. */
  get vm() {
    return Object.entries(this.spent).reduce((sum, [purpose, ms]) => sum + (purpose.startsWith("VM") ? ms : 0), 0);
  }

  /** @param {number} total */
  print(total) {
    let ours = total;
    for (const [purpose, ms] of Object.entries(this.spent)) {
      ours -= ms;
      console.log(
        `  ${purpose.padEnd(44)}${(ms / 1000).toFixed(2).padStart(7)} s ${((ms / total) * 100).toFixed(0).padStart(4)} %`,
      );
    }
    console.log(
      `  ${"everything else, garbage collection included".padEnd(44)}${(ours / 1000).toFixed(2).padStart(7)} s ${((ours / total) * 100).toFixed(0).padStart(4)} %`,
    );
  }
}

/** Wraps the native functions of the VM, and `crypto.sign`. The wrappers measure the time of each call. */
export function timeNative() {
  const watch = new Stopwatch();
  const require = createRequire(import.meta.url);
  const { LiteSVM, Account, TransactionMetadata, FailedTransactionMetadata, InnerInstruction } = require("litesvm");
  const vm = Object.getPrototypeOf(new LiteSVM().inner);
  watch.time(vm, "sendVersionedTransaction", "VM: execution, signatures verified");
  const accounts = "VM: accounts in and out";
  for (const name of ["getAccount", "setAccount", "getProgramAccounts"]) watch.time(vm, name, accounts);
  for (const name of ["lamports", "data", "owner", "executable"]) watch.time(Account.prototype, name, accounts);
  const results = "VM: logs, inner instructions, errors";
  for (const name of ["logs", "innerInstructions", "returnData", "computeUnitsConsumed"])
    watch.time(TransactionMetadata.prototype, name, results);
  for (const name of ["err", "meta"]) watch.time(FailedTransactionMetadata.prototype, name, results);
  watch.time(InnerInstruction.prototype, "instruction", results);
  const crypto = require("node:crypto");
  watch.time(crypto, "sign", "Ed25519: signing the ledger");
  syncBuiltinESMExports();
  return watch;
}
