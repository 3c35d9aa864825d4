// @ts-check
// The filters of all tables, and the selected slots, which the tables and the charts share.
import { isSameRange, isUnfiltered, NO_FILTER } from "../table-filter.js";

/** @typedef {import("../contract.d.ts").FacetKind} FacetKind */
/** @typedef {import("../contract.d.ts").SlotRange} SlotRange */
/** @typedef {import("../contract.d.ts").TableFilter} TableFilter */
/** @typedef {import("../contract.d.ts").TableName} TableName */
/** @typedef {ReturnType<typeof createTableFilters>} TableFilters */

/** @type {readonly TableName[]} */
const TABLES = ["transactions", "accountDiffs", "logs"];

/** @param {import("../worker-link.js").WorkerLink} link */
export function createTableFilters(link) {
  /** @type {Record<TableName, TableFilter>} */
  const filters = { transactions: NO_FILTER, accountDiffs: NO_FILTER, logs: NO_FILTER };
  /** @type {((changed: readonly TableName[]) => void)[]} */
  const listeners = [];
  /** @type {SlotRange | undefined} */
  let slots;
  let run = 0;

  /** @param {TableName} table @param {TableFilter} filter */
  function set(table, filter) {
    filters[table] = filter;
    link.send({ type: "filter", table, filter });
    notify([table]);
  }

  /** @param {readonly TableName[]} changed */
  function notify(changed) {
    for (const listener of listeners) listener(changed);
  }

  return {
    get slots() {
      return slots;
    },
    /** @param {TableName} table */
    of: (table) => filters[table],
    /** @param {(changed: readonly TableName[]) => void} listener called with the tables whose filter has changed */
    onChange: (listener) => listeners.push(listener),
    /** @param {TableName} table @param {string} text */
    setText: (table, text) => set(table, { ...filters[table], text: text.trim().toLowerCase() }),
    /** @param {TableName} table @param {boolean} isFailedOnly */
    setFailedOnly: (table, isFailedOnly) => set(table, { ...filters[table], isFailedOnly }),
    /** @param {TableName} table @param {FacetKind} kind @param {string} value */
    addFacet(table, kind, value) {
      const others = filters[table].facets.filter((facet) => facet.kind !== kind || facet.value !== value);
      set(table, { ...filters[table], facets: [...others, { kind, value }] });
    },
    /** @param {TableName} table @param {FacetKind} kind @param {string} value */
    removeFacet(table, kind, value) {
      const facets = filters[table].facets.filter((facet) => facet.kind !== kind || facet.value !== value);
      set(table, { ...filters[table], facets });
    },
    /** Removes all conditions of a table's filter, and the selected slots of all tables. @param {TableName} table */
    clear(table) {
      if (slots !== undefined) this.setSlots(undefined);
      set(table, NO_FILTER);
    },
    /** Selects slots in all tables and charts. @param {SlotRange | undefined} range */
    setSlots(range) {
      if (isSameRange(slots, range)) return;
      slots = range;
      for (const table of TABLES) {
        const { slots: _, ...others } = filters[table];
        filters[table] = range === undefined ? others : { ...others, slots: range };
        link.send({ type: "filter", table, filter: filters[table] });
      }
      notify(TABLES);
    },
    /** Applies the filters to the tables of a new run. @param {import("../contract.d.ts").Snapshot} snapshot */
    paint(snapshot) {
      if (snapshot.run === run) return;
      run = snapshot.run;
      for (const table of TABLES) if (!isUnfiltered(filters[table])) link.send({ type: "filter", table, filter: filters[table] });
    },
  };
}
