import { invalidParams } from "./error-helpers.js";
import { refuseUnknownNames } from "./known-names.js";

/*
 * Checks of the arguments of public functions. Without these checks, a call from JavaScript with a missing argument would fail
 * with a TypeError that names an internal member.
 */

/** Refuses an argument that is not an object. Also refuses a list. @throws SimulatorError `invalidParams` */
export function requireObject(value: unknown, field: string, expected = "an object"): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unexpected(value, field, expected);
}

/** Refuses options that are not an object, or that have an unknown member. @throws SimulatorError `invalidParams` */
export function requireOptions(options: unknown, known: readonly string[], field = "options"): void {
  requireObject(options, field);
  refuseUnknownNames(options as object, known, "option");
}

/** Refuses an argument that lacks one of these methods. @throws SimulatorError `invalidParams` */
export function requireMethods(value: unknown, field: string, methods: readonly string[], expected: string): void {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) throw unexpected(value, field, expected);
  for (const method of methods) {
    if (typeof (value as Record<string, unknown>)[method] === "function") continue;
    throw invalidParams(field, `expected ${expected}, but it has no method ${method}`);
  }
}

/** Refuses an argument that is not a list. @throws SimulatorError `invalidParams` */
export function requireList(value: unknown, field: string, expected: string): void {
  if (!Array.isArray(value)) throw unexpected(value, field, expected);
}

/** Refuses an argument that is not a non-empty string. @throws SimulatorError `invalidParams` */
export function requireText(value: unknown, field: string, expected: string): void {
  if (typeof value !== "string" || value === "") throw unexpected(value, field, expected);
}

function unexpected(value: unknown, field: string, expected: string) {
  return invalidParams(field, `expected ${expected}, got ${describe(value)}`);
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value === "") return "an empty string";
  if (Array.isArray(value)) return "a list";
  return `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}
