import * as v from "valibot";
import { parseJson } from "../codec/json.js";
import { describeIssue, describeUnreadable, WIRE_LIMITS } from "./message.js";
import { SimulatorError } from "./simulator-error.js";

/**
 * Reads an HTTP response, given as text or as parsed JSON. Members that are in `schema` are validated. Members that only a newer
 * server sends are kept. Names are converted to camelCase, and nulls are removed.
 *
 * @param name the name of the call, for messages
 * @param redact removes secrets from a text that is not JSON, before the text is stored in the error. By default, nothing is
 * removed
 * @throws SimulatorError `http` if it is not JSON or does not match `schema`; the message names the field
 */
export function readAnswer(
  name: string,
  schema: v.GenericSchema,
  answer: unknown,
  redact = (text: string): string => text,
): unknown {
  let wire = answer;
  try {
    if (typeof answer === "string") wire = parseJson(answer, WIRE_LIMITS);
  } catch {
    // The error of the parser is not used as the cause, because its message may quote the text.
    const text = answer as string;
    throw new SimulatorError("http", `${name}: the response is ${describeUnreadable(text)}`, { body: redact(text) });
  }
  const parsed = v.safeParse(schema, wire);
  if (parsed.success) {
    try {
      return toPublic(wire, parsed.output);
    } catch (cause) {
      // The only error that toPublic can throw is a stack overflow.
      throw new SimulatorError("http", `${name}: the response is nested too deeply`, { cause });
    }
  }
  const [issue] = parsed.issues;
  const { path } = describeIssue(issue, "");
  // The received text is left out, because it can contain a secret.
  throw new SimulatorError("http", `${name}${path && `.${path}`}: ${issue.message.replace(/ but received.*/s, "")}`);
}

/**
 * Returns a copy of the received value (`wire`), without null members and with camelCase keys. Members that the parsed value
 * (`read`) contains are copied from `read`.
 */
function toPublic(wire: unknown, read: unknown): unknown {
  if (typeof wire !== "object" || wire === null) return read ?? wire;
  const known = (key: string): unknown => {
    return typeof read === "object" && read !== null && Object.hasOwn(read, key)
      ? (read as Record<string, unknown>)[key]
      : undefined;
  };
  if (Array.isArray(wire)) return wire.map((item, index) => toPublic(item, known(`${index}`)));
  const members = Object.entries(wire).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [toCamelCase(key), toPublic(member, known(key))]));
}

function toCamelCase(key: string): string {
  return key.replace(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
}
