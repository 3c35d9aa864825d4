import * as v from "valibot";

const UUID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** Returns an id in canonical form: a prefix and 32 hex digits. */
function parseId(prefix: string, value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const uuid = value.startsWith(prefix) ? value.slice(prefix.length) : value;
  return UUID.test(uuid) ? prefix + uuid.replaceAll("-", "").toLowerCase() : undefined;
}

/**
 * Returns a session id in canonical form, `backtest_` and 32 hex digits, or `undefined` for anything else. A missing prefix and
 * hyphens are accepted. The id of a control session is not accepted.
 */
export function parseSessionId(value: unknown): string | undefined {
  return parseId("backtest_", value);
}

function idSchema(parse: (value: unknown) => string | undefined, expected: string) {
  return v.pipe(
    v.custom<string>((value) => parse(value) !== undefined, `expected ${expected}`),
    v.transform((value) => parse(value) as string),
  );
}

export const sessionId = idSchema(parseSessionId, "a session id: backtest_ and 32 hex digits");

/**
 * Returns the id of a parallel control session in canonical form, `parallel_` and 32 hex digits. Accepts the same variants as
 * `parseSessionId`.
 */
export function parseControlSessionId(value: unknown): string | undefined {
  return parseId("parallel_", value);
}

export const controlSessionId = idSchema(parseControlSessionId, "a control session id: parallel_ and 32 hex digits");

/** The token of a create request: 32 hex digits. */
export const createToken = v.custom<string>(
  (value) => typeof value === "string" && /^[0-9a-f]{32}$/i.test(value),
  "expected 32 hex digits",
);
