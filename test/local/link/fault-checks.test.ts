import { expect, test } from "vitest";
import { FaultInjector } from "../../../src/local/link/fault-injector.js";
import type { Fault, FaultTarget, FaultTrigger } from "../../../src/local/link/faults.js";

const DROP: Fault = { type: "drop" };

test.each<[field: string, fault: unknown]>([
  ["fault", null],
  ["fault", undefined],
  ["fault", 5],
  ["fault", "drop"],
  ["type", {}],
  ["type", { type: "dorp" }],
  ["type", { type: "constructor" }],
  ["code", { type: "close" }],
  ["code", { type: "close", code: 70_000 }],
  ["ms", { type: "delay", ms: "5" }],
  ["ms", { type: "delay", ms: Number.NaN }],
  ["delayMs", { type: "delay", ms: 5, delayMs: 5 }],
  ["bytesPerSecond", { type: "slow", bytesPerSecond: -1 }],
  ["times", { type: "busyOwner", times: "1" }],
  ["status", { type: "refuseUpgrade", times: 1 }],
  ["target", { type: "drop", target: null }],
  ["chanel", { type: "drop", target: { chanel: "control" } }],
  ["target.channel", { type: "drop", target: { channel: "both" } }],
  ["target.sessionId", { type: "drop", target: { sessionId: 5 } }],
])("the error for an invalid fault names the member %s: %j", (field, fault) => {
  const faults = new FaultInjector();
  const refusal = expect.objectContaining({ code: "invalidParams", field });
  expect(() => faults.apply(fault as Fault)).toThrow(refusal);
  expect(() => faults.schedule({ afterFrames: 1 }, fault as Fault)).toThrow(refusal);
});

test.each<[field: string, trigger: unknown]>([
  ["trigger", null],
  ["trigger", 5],
  ["trigger", {}],
  ["trigger", { afterFrames: 1, atSlot: 1 }],
  ["afterFrames", { afterFrames: "1" }],
  ["atSlot", { atSlot: -1 }],
  ["slot", { slot: 1 }],
  ["target.channel", { atSlot: 1, target: { channel: 5 } }],
])("the error for an invalid trigger names the member %s: %j", (field, trigger) => {
  expect(() => new FaultInjector().schedule(trigger as FaultTrigger, DROP)).toThrow(
    expect.objectContaining({ code: "invalidParams", field }),
  );
});

test.each(["drop", "halfOpen", "cutFrame", "corruptFrame"] as const)(
  "the fault %s refuses a target that is not an object",
  (name) => {
    const faults = new FaultInjector();
    expect(() => faults[name](5 as FaultTarget)).toThrow("target: expected an object, got a number");
    expect(faults[name]({ sessionId: undefined as unknown as string })).toBe(0);
  },
);

test.each<Fault>([
  { type: "close", code: 1006, reason: "gone" },
  { type: "delay", ms: 0.5, target: {} },
  { type: "slow", bytesPerSecond: 0 },
  { type: "busyOwner", times: Number.POSITIVE_INFINITY },
  { type: "refuseAuth", times: 0 },
  { type: "refuseUpgrade", status: 503, times: 2, target: { channel: "control" } },
])("the fault %j is accepted", (fault) => {
  const faults = new FaultInjector();
  expect(faults.apply(fault)).toBe(0);
  faults.schedule({ atSlot: 5 }, fault);
});
