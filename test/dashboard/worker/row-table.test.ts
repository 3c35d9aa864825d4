import { expect, test } from "vitest";
import { NO_FILTER } from "../../../demo/dashboard/table-filter.js";
import { RowTable } from "../../../demo/dashboard/worker/row-table.js";

const tableOf = (capacity: number) =>
  new RowTable<string, { id: number; text: string }>(
    capacity,
    (text, id) => ({ id, text }),
    ({ text: wanted }) => (wanted === "" ? undefined : (text) => text.toLowerCase().includes(wanted)),
  );
/** Sets a filter, and searches the table for rows that contain `text`. */
const filter = (table: ReturnType<typeof tableOf>, text: string) => {
  table.setFilter({ ...NO_FILTER, text });
  table.search();
};
const fill = (table: ReturnType<typeof tableOf>, from: number, to: number) => {
  for (let number = from; number < to; number++) table.push(`${number % 2 === 0 ? "Even" : "Odd"} ${number}`);
};
const ids = (table: ReturnType<typeof tableOf>) => table.read().rows.map(({ id }) => id);

test("a row table returns the newest rows of the stream, the newest row first", () => {
  const table = tableOf(10);
  table.setWindow({ first: 0, count: 3, asOf: undefined });
  fill(table, 0, 5);
  expect(ids(table)).toEqual([4, 3, 2]);
  fill(table, 5, 6);
  expect(ids(table)).toEqual([5, 4, 3]);
});

test("if `asOf` is set, new rows do not move the window of a row table", () => {
  const table = tableOf(10);
  fill(table, 0, 8);
  table.setWindow({ first: 2, count: 3, asOf: 8 });
  expect(ids(table)).toEqual([5, 4, 3]);
  fill(table, 8, 14);
  expect(ids(table)).toEqual([5, 4]);
  expect(table.read()).toMatchObject({ total: 14, available: 10, dropped: 4 });
});

test("the filter of a row table applies to rows in memory and to new rows", () => {
  const table = tableOf(10);
  fill(table, 0, 12);
  filter(table, "even");
  table.setWindow({ first: 0, count: 100, asOf: undefined });
  expect(ids(table)).toEqual([10, 8, 6, 4, 2]);
  fill(table, 12, 15);
  expect(table.isSearching).toBe(true);
  table.search();
  expect(ids(table)).toEqual([14, 12, 10, 8, 6]);
  expect(table.read()).toMatchObject({ total: 7, available: 5, dropped: 5, filter: { text: "even" }, isSearching: false });
  filter(table, "");
  expect(ids(table)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
});

test("a row table returns at most 200 rows, and no rows if no row matches the filter", () => {
  const table = tableOf(1_000);
  fill(table, 0, 500);
  filter(table, "nothing like it");
  expect(table.read()).toMatchObject({ total: 0, available: 0, rows: [] });
  filter(table, "");
  table.setWindow({ first: -5, count: 10_000, asOf: undefined });
  expect(table.read().rows).toHaveLength(200);
});

test("the search of a row table stops after its time limit, and the next call continues the search", () => {
  const table = tableOf(1_000);
  fill(table, 0, 1_000);
  table.setFilter({ ...NO_FILTER, text: "even" });
  table.search(-1);
  expect(table.isSearching).toBe(true);
  const { total } = table.read();
  expect(total).toBeGreaterThan(0);
  expect(total).toBeLessThan(500);
  table.search();
  expect(table.read()).toMatchObject({ total: 500, isSearching: false });
});

test("the search of a row table skips items that were already dropped", () => {
  const table = tableOf(10);
  table.setFilter({ ...NO_FILTER, text: "even" });
  fill(table, 0, 25);
  table.search();
  expect(ids(table)).toEqual([24, 22, 20, 18, 16]);
});

test("a row table finds the rows before and after a given row in the filtered list", () => {
  const table = tableOf(10);
  fill(table, 0, 12);
  expect(table.placeOf(2)).toEqual({ index: 2, newer: 3 });
  expect(table.placeOf(11)).toEqual({ index: 11, older: 10 });
  filter(table, "even");
  expect(table.placeOf(6)).toEqual({ index: 2, newer: 8, older: 4 });
  expect(table.placeOf(2)).toEqual({ index: 0, newer: 4 });
  expect(table.placeOf(7)).toEqual({ newer: 8, older: 6 });
  fill(table, 12, 15);
  table.search();
  expect(table.placeOf(6)).toEqual({ index: 2, newer: 8 });
});
