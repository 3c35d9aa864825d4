import * as v from "valibot";
import { parseJson } from "../codec/json.js";
import { describeIssue, describeUnreadable, WIRE_LIMITS } from "./message.js";
import { SimulatorError } from "./simulator-error.js";

/**
 * Reads an HTTP answer from its text or its parsed JSON. Members of `schema` are validated, and unknown members of a newer server
 * are kept. Names become camelCase, and nulls are removed.
 *
 * @param name the name of the call, for messages
 * @param redact removes secrets from a text that is not JSON, which the error contains; default: keeps it unchanged
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
    // Without the cause, because engines quote the text in its message.
    const text = answer as string;
    throw new SimulatorError("http", `${name}: the answer is ${describeUnreadable(text)}`, { body: redact(text) });
  }
  const parsed = v.safeParse(schema, wire);
  if (parsed.success) {
    try {
      return toPublic(wire, parsed.output);
    } catch (cause) {
      // The engine's stack has overflowed.
      throw new SimulatorError("http", `${name}: the answer is nested too deeply`, { cause });
    }
  }
  const [issue] = parsed.issues;
  const { path } = describeIssue(issue, "");
  throw new SimulatorError("http", `${name}${path && `.${path}`}: ${issue.message}`);
}

/** Adds the members of `wire` that the schema dropped to `read`. */
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
