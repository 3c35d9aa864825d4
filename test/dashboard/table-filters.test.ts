import { expect, test } from "vitest";
import type { Command, Snapshot } from "../../demo/dashboard/contract.js";
import { createTableFilters } from "../../demo/dashboard/view/table-filters.js";

/** Creates filters, and records the commands that they send and the changes that they report. */
function watched() {
  const sent: Extract<Command, { type: "filter" }>[] = [];
  const changes: string[][] = [];
  const filters = createTableFilters({
    send: (command) => {
      if (command.type === "filter") sent.push(command);
    },
    on: () => {},
  });
  filters.onChange((changed) => changes.push([...changed]));
  return { filters, sent, changes };
}

test("changing the filter of one table sends only the filter of that table", () => {
  const { filters, sent, changes } = watched();
  filters.setText("logs", " ERROR ");
  filters.addFacet("transactions", "signer", "A");
  filters.addFacet("transactions", "signer", "A");
  expect(sent.map(({ table }) => table)).toEqual(["logs", "transactions", "transactions"]);
  expect(filters.of("logs").text).toBe("error");
  expect(filters.of("transactions").facets).toEqual([{ kind: "signer", value: "A" }]);
  filters.removeFacet("transactions", "signer", "A");
  expect(filters.of("transactions").facets).toEqual([]);
  expect(changes).toHaveLength(4);
});

test("the slot filter is always set and removed for all tables together", () => {
  const { filters, sent } = watched();
  filters.setFailedOnly("transactions", true);
  filters.setSlots({ first: 1n, last: 9n });
  filters.setSlots({ first: 1n, last: 9n });
  expect(sent.slice(1).map(({ table, filter }) => [table, filter.slots])).toEqual([
    ["transactions", { first: 1n, last: 9n }],
    ["accountDiffs", { first: 1n, last: 9n }],
    ["logs", { first: 1n, last: 9n }],
  ]);
  filters.clear("logs");
  expect(filters.slots).toBeUndefined();
  expect(filters.of("transactions")).toEqual({ text: "", isFailedOnly: true, facets: [] });
  expect(filters.of("accountDiffs")).not.toHaveProperty("slots");
});

test("when a run starts, the current table filters are sent to the worker once", () => {
  const { filters, sent } = watched();
  filters.setText("logs", "error");
  sent.length = 0;
  filters.paint({ run: 1 } as Snapshot);
  filters.paint({ run: 1 } as Snapshot);
  expect(sent.map(({ table, filter }) => [table, filter.text])).toEqual([["logs", "error"]]);
});
