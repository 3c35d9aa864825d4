import * as v from "valibot";
import { parseJson } from "../codec/json.js";
import { describeIssue } from "./message.js";
import { SimulatorError } from "./simulator-error.js";

/**
 * What an HTTP answer says, from its text or from what `parseJson` made of it: the members that `schema` knows as it
 * reads them, those of a newer server as they came; names in camel case, null left out.
 *
 * @param name what was asked for: messages begin with it
 * @param redact takes out of a text that isn't JSON what its error mustn't keep. Default: it is kept as it is
 * @throws SimulatorError `http` if it isn't JSON, or not what `schema` reads; the message names the field
 */
export function readAnswer(
  name: string,
  schema: v.GenericSchema,
  answer: unknown,
  redact = (text: string): string => text,
): unknown {
  let wire = answer;
  try {
    if (typeof answer === "string") wire = parseJson(answer);
  } catch {
    // Without the cause: engines quote the text in its message.
    throw new SimulatorError("http", `${name}: the answer is not JSON`, { body: redact(answer as string) });
  }
  const parsed = v.safeParse(schema, wire);
  if (parsed.success) return toPublic(wire, parsed.output);
  const [issue] = parsed.issues;
  const { path } = describeIssue(issue, "");
  throw new SimulatorError("http", `${name}${path && `.${path}`}: ${issue.message}`);
}

/** `read` is what the schema made of `wire`: the same tree, with some members missing. */
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
