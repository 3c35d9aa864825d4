import * as v from "valibot";
import { idSchema, parseId } from "./ids.js";

/** The id of a parallel run's control session: `parallel_` and 32 hex digits. Read as `parseSessionId` does. */
export function parseControlSessionId(value: unknown): string | undefined {
  return parseId("parallel_", value);
}

export const controlSessionId = idSchema(parseControlSessionId, "a control session id: parallel_ and 32 hex digits");

/** What lets a create be tried again: 32 hex digits, sent with a name. */
export const createToken = v.custom<string>(
  (value) => typeof value === "string" && /^[0-9a-f]{32}$/i.test(value),
  "expected 32 hex digits",
);
