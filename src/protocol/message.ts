import * as v from "valibot";
import { stringifyJson } from "../codec/json.js";
import { invalidParams, messageOf } from "./error-helpers.js";

/**
 * The maximum number of JSON values in a message from the server. A block of 6 MB has about 600,000 values. A process with a heap
 * of 512 MB can store a million values of any kind.
 */
export const WIRE_LIMITS = { maxValues: 1_000_000 } as const;

/** Returns why a text cannot be parsed within `WIRE_LIMITS`. The reason completes the sentence "the response is …". */
export function describeUnreadable(text: string): string {
  const { maxValues } = WIRE_LIMITS;
  return text.length > maxValues ? `not JSON, or has more than ${maxValues} values` : "not JSON";
}

/** Validation stops at the first issue. A message with a million invalid items would otherwise use up the memory. */
export const FIRST_ISSUE = { abortEarly: true } as const;

/** The schema of the parameters of each method, or `null` if it has none. */
export type MessageTable = Record<string, v.GenericSchema | null>;

export type ReadMessage = { method: string; params?: unknown } | { problem: string; path: string };

/** Returns the members of an object. Returns an empty object for any other value. */
export function members(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Returns a copy of an object without its `undefined` members. */
export function definedOnly<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, member]) => member !== undefined)) as T;
}

/** Reads `{ method, params }` with the schema of the method. Returns the problem if the message is invalid. */
export function readMessage(table: MessageTable, message: unknown): ReadMessage {
  const { method, params } = members(message);
  if (typeof method !== "string" || !Object.hasOwn(table, method)) {
    return { problem: typeof method === "string" ? `unknown method ${method.slice(0, 80)}` : "no method", path: "method" };
  }
  const schema = table[method];
  if (!schema) return (params ?? null) === null ? { method } : { problem: `${method} has no params`, path: "params" };
  const parsed = v.safeParse(schema, params, FIRST_ISSUE);
  if (parsed.success) return { method, params: parsed.output };
  const { path, problem } = describeIssue(parsed.issues[0], "params");
  return { problem: `${method}: ${problem}`, path };
}

/**
 * Checks a value from the user with its schema, and returns the parsed value.
 *
 * @throws SimulatorError `invalidParams`, naming the field
 */
export function readParams<T extends v.GenericSchema>(schema: T, params: unknown): v.InferOutput<T> {
  const parsed = v.safeParse(schema, params, FIRST_ISSUE);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw invalidParams(describeIssue(issue, "params").path, issue.message);
}

/** Converts a value from the user to JSON. @throws SimulatorError `invalidParams` for a value that JSON does not have */
export function writeParams(params: unknown, field: string): string {
  try {
    return stringifyJson(params);
  } catch (error) {
    throw invalidParams(field, messageOf(error));
  }
}

/** Returns the first problem in a value, with its path. Returns `undefined` if the value matches the schema. */
export function findProblem(schema: v.GenericSchema, value: unknown): string | undefined {
  const parsed = v.safeParse(schema, value, FIRST_ISSUE);
  return parsed.success ? undefined : describeIssue(parsed.issues[0], "result").problem;
}

export function describeIssue(issue: v.BaseIssue<unknown>, whole: string): { path: string; problem: string } {
  const path = issue.path?.map(({ key }) => key).join(".") ?? whole;
  return { path, problem: `${path}: ${issue.message}` };
}
