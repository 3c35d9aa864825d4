import * as v from "valibot";
import { parseJson } from "../codec/json.js";
import { invalidParams, messageOf } from "../protocol/error-helpers.js";
import { describeIssue, FIRST_ISSUE } from "../protocol/message.js";
import { type Replacement, replacement } from "../protocol/replacement-notification.js";
import { SimulatorError } from "../protocol/simulator-error.js";

/**
 * Decodes the `params.result` of a `replacementNotification`.
 *
 * @param text JSON; integers are read exactly
 * @throws SimulatorError `protocol` if the text is not JSON or not a replacement; `invalidParams` if it is not a string
 * @example const replacements = lines.map((line) => decodeReplacement(line));
 */
export function decodeReplacement(text: string): Replacement {
  if (typeof text !== "string") {
    throw invalidParams("text", `expected the JSON of a replacement as a string, got ${text === null ? "null" : typeof text}`);
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new SimulatorError("protocol", `cannot decode a replacement: ${messageOf(cause)}`, { cause });
  }
  const parsed = v.safeParse(replacement, value, FIRST_ISSUE);
  if (parsed.success) return parsed.output;
  const { problem } = describeIssue(parsed.issues[0], "replacement");
  throw new SimulatorError("protocol", `cannot decode a replacement: ${problem}`);
}
