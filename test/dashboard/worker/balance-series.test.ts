import { expect, test } from "vitest";
import { BalanceSeries, joinBalances } from "../../../demo/dashboard/worker/balance-series.js";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const state = (lamports: bigint, data = new Uint8Array()) => ({
  lamports,
  data: [Buffer.from(data).toString("base64"), "base64"] as [string, string],
  owner: TOKEN,
  executable: false,
  rentEpoch: 0n,
});
const diff = (slot: bigint, before: bigint, after: bigint) => ({
  context: { slot },
  account: "account",
  pre: state(before),
  post: state(after),
});
/** Returns the state of a token account, whose data begins with mint, owner and amount. */
const tokens = (amount: bigint, bytes = 165) => {
  const data = new Uint8Array(bytes);
  data.fill(7, 0, 32);
  new DataView(data.buffer).setBigUint64(64, amount, true);
  if (bytes > 165) data[165] = 2;
  return state(2_039_280n, data);
};
const points = (series: BalanceSeries) => {
  const { x, columns } = joinBalances([series]);
  return [[...x], [...(columns[0] ?? [])].map(Number)];
};

test("a balance series contains the lamports after each slot", () => {
  const series = new BalanceSeries("account");
  series.add(diff(10n, 4n, 5n));
  series.add(diff(10n, 5n, 6n));
  series.add({ context: { slot: 12n }, account: "account", pre: state(6n) });
  expect(points(series)).toEqual([
    [10, 12],
    [6, 0],
  ]);
  expect(series.start).toBe(4n);
  expect(series.mint).toBeUndefined();
});

test("a balance series of a token account contains token amounts, even if the account has extensions", () => {
  for (const bytes of [165, 182]) {
    const series = new BalanceSeries("account");
    series.add({ context: { slot: 1n }, account: "account", pre: tokens(500n, bytes), post: tokens(700n, bytes) });
    series.add({ context: { slot: 2n }, account: "account", pre: tokens(700n, bytes) });
    expect(points(series)).toEqual([
      [1, 2],
      [700, 0],
    ]);
    expect(series.start).toBe(500n);
    expect(series.mint).toBe("US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx");
  }
});

test("a balance series keeps its slots in order in a parallel run", () => {
  const series = new BalanceSeries("account");
  for (const slot of [100n, 200n, 101n, 201n, 102n]) series.add(diff(slot, slot, slot));
  expect(points(series)[0]).toEqual([100, 101, 102, 200, 201]);
});

test("a balance series drops every second point when it is full, and keeps the newest point", () => {
  const series = new BalanceSeries("account");
  for (let slot = 0n; slot < 10_000n; slot++) series.add(diff(slot, slot, slot));
  const [x = [], y = []] = points(series);
  expect(x.length).toBeLessThanOrEqual(2_000);
  expect([x.at(-1), y.at(-1)]).toEqual([9_999, 9_999]);
  expect(x.every((slot, index) => index === 0 || slot > (x[index - 1] ?? 0))).toBe(true);
});

test("joinBalances repeats a balance until its next change, and starts with the balance before the first change", () => {
  const [one, two] = [new BalanceSeries("one"), new BalanceSeries("two")];
  one.add(diff(10n, 1n, 2n));
  one.add(diff(12n, 2n, 3n));
  two.add(diff(11n, 7n, 8n));
  const { x, columns } = joinBalances([one, two]);
  expect([...x]).toEqual([10, 11, 12]);
  expect(columns.map((column) => [...column])).toEqual([
    [2n, 2n, 3n],
    [7n, 8n, 8n],
  ]);
});

test("a balance series is exact above 2^53", () => {
  const series = new BalanceSeries("account");
  series.add(diff(1n, 0n, 2n ** 64n - 1n));
  expect(joinBalances([series]).columns[0]?.[0]).toBe(2n ** 64n - 1n);
});
