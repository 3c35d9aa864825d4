// @ts-check
// Counts the delivered events by name, and compares them with the record of the simulator.
import { transactionSignature } from "../../dist/index.js";

/** @typedef {"slot" | "transaction" | "accountDiff"} Kind */
/** @typedef {{ kind: Kind, delivered: number, twice: number, lost: number | undefined }} Row lost: undefined without a record */

/**
 * The names of all delivered events, grouped by stream. One stream has the slots. Each other stream has the notifications of one
 * kind for one program.
 */
export class Tally {
  /** @type {Map<string, { kind: Kind, program: string | undefined, names: string[] }>} */
  #streams = new Map();

  /** @param {import("../../dist/index.js").ManagedEvent} event */
  add(event) {
    switch (event.type) {
      case "slot":
        return this.#note("slot", undefined, String(event.slot));
      case "transaction":
        return this.#note("transaction", event.program, transactionSignature(event.transaction) ?? "");
      case "accountDiff": {
        const { account, signature, txIndex } = event.diff;
        return this.#note("accountDiff", event.program, `${account}|${signature}|${txIndex}`);
      }
    }
  }

  /**
   * @param {import("../../dist/local.js").SessionRecord | undefined} record
   * @param {readonly string[]} programs
   * @returns {Row[]}
   */
  compare(record, programs) {
    const transactions = programs.map((program) => this.#compareStream("transaction", program, record));
    const diffs = programs.map((program) => this.#compareStream("accountDiff", program, record));
    return [this.#compareStream("slot", undefined, record), sum("transaction", transactions), sum("accountDiff", diffs)];
  }

  /** @param {Kind} kind @param {string | undefined} program @param {string} name */
  #note(kind, program, name) {
    const key = `${kind} ${program}`;
    const stream = this.#streams.get(key) ?? { kind, program, names: [] };
    this.#streams.set(key, stream);
    stream.names.push(name);
  }

  /** @param {Kind} kind @param {string | undefined} program @param {import("../../dist/local.js").SessionRecord | undefined} record */
  #compareStream(kind, program, record) {
    const names = this.#streams.get(`${kind} ${program}`)?.names ?? [];
    const seen = new Set(names);
    const expected = record && expectedNames(record, kind, program);
    return {
      kind,
      delivered: names.length,
      twice: names.length - seen.size,
      lost: expected?.filter((name) => !seen.has(name)).length,
    };
  }
}

/** @param {import("../../dist/local.js").SessionRecord} record @param {Kind} kind @param {string | undefined} program */
function expectedNames(record, kind, program) {
  if (kind !== "slot") return record.notifications(kind, program ?? "").map(({ key }) => key);
  return record.control.flatMap(({ response }) => (response.method === "slotNotification" ? [String(response.params)] : []));
}

/** @param {Kind} kind @param {Row[]} rows @returns {Row} */
function sum(kind, rows) {
  return {
    kind,
    delivered: rows.reduce((total, { delivered }) => total + delivered, 0),
    twice: rows.reduce((total, { twice }) => total + twice, 0),
    lost: rows.some(({ lost }) => lost === undefined) ? undefined : rows.reduce((total, { lost }) => total + (lost ?? 0), 0),
  };
}
