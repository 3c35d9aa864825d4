import { expect, test } from "vitest";
import { RowTable } from "../../../demo/dashboard/worker/row-table.js";

const tableOf = (capacity: number) =>
  new RowTable<string, { id: number; text: string }>(
    capacity,
    (text, id) => ({ id, text }),
    (text) => text.toLowerCase(),
  );
const fill = (table: ReturnType<typeof tableOf>, from: number, to: number) => {
  for (let number = from; number < to; number++) table.push(`${number % 2 === 0 ? "Even" : "Odd"} ${number}`);
};
const ids = (table: ReturnType<typeof tableOf>) => table.read().rows.map(({ id }) => id);

test("a row table follows the stream, with the newest row first", () => {
  const table = tableOf(10);
  table.setWindow({ first: 0, count: 3, asOf: undefined });
  fill(table, 0, 5);
  expect(ids(table)).toEqual([4, 3, 2]);
  fill(table, 5, 6);
  expect(ids(table)).toEqual([5, 4, 3]);
});

test("an anchored window of a row table does not move, and loses the rows that are dropped", () => {
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
  table.setFilter(" EVEN ");
  table.setWindow({ first: 0, count: 100, asOf: undefined });
  expect(ids(table)).toEqual([10, 8, 6, 4, 2]);
  fill(table, 12, 15);
  expect(ids(table)).toEqual([14, 12, 10, 8, 6]);
  expect(table.read()).toMatchObject({ total: 7, available: 5, dropped: 5, filter: "even" });
  table.setFilter("");
  expect(ids(table)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
});

test("a row table returns no rows if none match, and at most 200 rows", () => {
  const table = tableOf(1_000);
  fill(table, 0, 500);
  table.setFilter("nothing like it");
  expect(table.read()).toMatchObject({ total: 0, available: 0, rows: [] });
  table.setFilter("");
  table.setWindow({ first: -5, count: 10_000, asOf: undefined });
  expect(table.read().rows).toHaveLength(200);
});
