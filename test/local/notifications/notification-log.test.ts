import { expect, test } from "vitest";
import type { ExecutedTransaction } from "../../../src/local/engine/engine.js";
import { createLocalSimulator } from "../../../src/local/in-page/index.js";
import { type LogEntry, NotificationLog } from "../../../src/local/notifications/notification-log.js";

const entry = (slot: number): LogEntry => ({
  type: "transaction",
  slot: BigInt(slot),
  transaction: { signatures: [`signature ${slot}`] } as unknown as ExecutedTransaction,
});

/** Appends an entry for each slot up to `last`, and announces each entry. */
function fill(log: NotificationLog, last: number): void {
  for (let slot = log.length; slot <= last; slot++) {
    log.append(entry(slot));
    log.announce();
  }
}

test("a notification log without a limit keeps all entries", () => {
  const log = new NotificationLog();
  fill(log, 999);
  expect([log.length, log.firstPosition, log.at(0)?.slot]).toEqual([1_000, 0, 0n]);
});

test("a notification log with a limit drops its oldest entries, and the other entries keep their positions", () => {
  const log = new NotificationLog(100);
  fill(log, 999);
  expect(log.length).toBe(1_000);
  expect(log.firstPosition).toBeGreaterThanOrEqual(890);
  expect(log.firstPosition).toBeLessThanOrEqual(900);
  expect(log.at(log.firstPosition - 1)).toBeUndefined();
  for (let position = log.firstPosition; position < 1_000; position++) expect(log.at(position)?.slot).toBe(BigInt(position));
  expect(log.positionOf(950n)).toBe(950);
  expect(log.positionOf(5n), "the oldest entry in memory").toBe(log.firstPosition);
});

test("a notification log with a limit drops only entries that all readers have read", () => {
  const log = new NotificationLog(100);
  let next = 10;
  const stop = log.read(
    () => {},
    () => next,
  );
  fill(log, 999);
  expect(log.at(10)?.slot).toBe(10n);
  expect(log.at(9)).toBeUndefined();
  next = 700;
  fill(log, 1_000);
  expect([log.firstPosition, log.at(700)?.slot]).toEqual([700, 700n]);
  stop();
  fill(log, 1_001);
  expect(log.firstPosition).toBe(902);
});

test("NotificationLog.transaction returns undefined for a transaction that the log has dropped", () => {
  const log = new NotificationLog(100);
  fill(log, 50);
  expect(log.transaction("signature 7")?.signatures).toEqual(["signature 7"]);
  fill(log, 999);
  expect(log.transaction("signature 7")).toBeUndefined();
  expect(log.transaction("signature 999")).toBeDefined();
  expect(log.transaction(`signature ${log.firstPosition}`)).toBeDefined();
  expect(log.transaction(`signature ${log.firstPosition - 1}`)).toBeUndefined();
});

test("the simulator refuses a maxHistory that is not a whole number of at least 1", () => {
  for (const maxHistory of [0, 1.5, -1, Number.NaN]) expect(() => createLocalSimulator({ maxHistory })).toThrow(/maxHistory/);
});
