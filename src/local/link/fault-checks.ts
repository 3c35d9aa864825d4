import { requireObject, requireOptions } from "../../protocol/arguments.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import { refuseUnknownNames } from "../../protocol/known-names.js";
import { toU64 } from "../../protocol/scalars.js";
import type { Fault, FaultTarget, FaultTrigger, FaultType } from "./faults.js";

/** The maximum of each numeric member, by type of fault. */
const NUMBERS: Readonly<Record<FaultType, Readonly<Record<string, number>>>> = {
  drop: {},
  close: { code: 0xffff },
  halfOpen: {},
  cutFrame: {},
  corruptFrame: {},
  slow: { bytesPerSecond: Number.POSITIVE_INFINITY },
  delay: { ms: 2 ** 31 - 1 },
  busyOwner: { times: Number.POSITIVE_INFINITY },
  refuseAuth: { times: Number.POSITIVE_INFINITY },
  refuseUpgrade: { status: 999, times: Number.POSITIVE_INFINITY },
};
const CHANNELS: readonly unknown[] = [undefined, "control", "subscription"];

/**
 * Refuses a fault that would have no effect because of a wrong member.
 *
 * @throws SimulatorError `invalidParams`, naming the member
 */
export function checkFault(fault: Fault): void {
  requireObject(fault, "fault", "a fault: { type, … }");
  const { type, target } = fault;
  if (!Object.hasOwn(NUMBERS, type)) throw invalidParams("type", `expected one of ${Object.keys(NUMBERS).join(", ")}`);
  const numbers = NUMBERS[type];
  refuseUnknownNames(fault, ["type", "target", ...Object.keys(numbers), ...(type === "close" ? ["reason"] : [])], "member");
  for (const [name, most] of Object.entries(numbers)) {
    const value = (fault as unknown as Record<string, unknown>)[name];
    if (typeof value !== "number" || !(value >= 0 && value <= most)) {
      throw invalidParams(name, `expected a number from 0 to ${most}`);
    }
  }
  checkTarget(target);
}

/** Refuses a trigger that would never fire. @throws SimulatorError `invalidParams`, naming the member */
export function checkTrigger(trigger: FaultTrigger): void {
  requireOptions(trigger, ["target", "afterFrames", "atSlot"], "trigger");
  const { target, afterFrames, atSlot } = trigger as FaultTrigger & { afterFrames?: unknown; atSlot?: unknown };
  checkTarget(target);
  if ((afterFrames === undefined) === (atSlot === undefined)) {
    throw invalidParams("trigger", "expected { afterFrames } or { atSlot }");
  }
  if (atSlot !== undefined) toU64(atSlot, "atSlot");
  else if (!Number.isSafeInteger(afterFrames)) throw invalidParams("afterFrames", "expected a whole number");
}

function checkTarget(target: FaultTarget | undefined): void {
  if (target === undefined) return;
  requireOptions(target, ["channel", "sessionId"], "target");
  const { channel, sessionId } = target;
  if (!CHANNELS.includes(channel)) throw invalidParams("target.channel", 'expected "control" or "subscription"');
  if (sessionId !== undefined && typeof sessionId !== "string") throw invalidParams("target.sessionId", "expected a string");
}
