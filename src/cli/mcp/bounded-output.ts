import { escapeUnsafe } from "../terminal/terminal-text.js";

/** The longest result of a tool, in characters. */
export const MAX_RESULT_CHARACTERS = 20_000;
/** Default of the maximum number of items in each list. */
export const DEFAULT_ROWS = 20;
/** The largest number of items in each list that a client can request. */
export const MAX_ROWS = 200;
/** The longest text in a result, in characters. */
const MAX_TEXT = 1_000;
/** Maximum depth of nested values in a result. Deeper values are omitted. */
const MAX_DEPTH = 16;
/** An object with at most this many members is never cut, even if `rows` is smaller. */
const MIN_MEMBERS = 30;
/** Maximum length of a member name in characters. The names in some objects come from a server. */
const MAX_NAME = 100;
/** The maximum number of entries in `cut`. */
const MAX_CUTS = 10;

interface Limits {
  readonly rows: number;
  readonly characters: number;
}

interface Work extends Limits {
  readonly redact: (text: string) => string;
  /** One line for each list, text or object that was cut. */
  readonly cuts: string[];
  /**
   * Remaining number of characters for the result. If the number is negative, the result is too long, and no more values are
   * visited.
   */
  left: number;
}

/**
 * Formats a result as JSON of at most 20,000 characters. A `bigint` becomes a decimal string. The member `cut` lists the omitted
 * parts, and `hint` describes how to get these parts.
 *
 * @param rows maximum number of items of each list
 * @param hint how to get the omitted parts
 * @param redact removes secrets from a text. Called before the text is cut, because a cut secret would not be recognized
 */
export function boundedJson(
  value: object,
  { rows = DEFAULT_ROWS, hint, redact = (text) => text }: { rows?: number; hint?: string; redact?: Work["redact"] } = {},
): string {
  for (let limits: Limits = { rows, characters: MAX_TEXT }; ; limits = smaller(limits)) {
    const work: Work = { ...limits, redact, cuts: [], left: MAX_RESULT_CHARACTERS };
    const bounded = bound(value, work, "", 0) as object;
    const { cuts, left } = work;
    const shown = cuts.slice(0, MAX_CUTS);
    if (cuts.length > shown.length) shown.push(`and ${cuts.length - shown.length} more`);
    const report = cuts.length === 0 ? {} : { cut: shown, ...(hint !== undefined && { hint }) };
    const text = left < 0 ? undefined : escapeUnsafe(JSON.stringify({ ...bounded, ...report }));
    if (text !== undefined && text.length <= MAX_RESULT_CHARACTERS) return text;
    if (limits.rows === 1 && limits.characters === 1) {
      return JSON.stringify({ cut: ["the whole result is too long"], ...(hint !== undefined && { hint }) });
    }
  }
}

function smaller({ rows, characters }: Limits): Limits {
  return { rows: Math.max(1, Math.floor(rows / 2)), characters: Math.max(1, Math.floor(characters / 2)) };
}

function bound(value: unknown, work: Work, path: string, depth: number): unknown {
  if (--work.left < 0) return null;
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "string") return boundText(value, work.characters, work, path);
  if (value instanceof Uint8Array) return bound(Buffer.from(value).toString("base64"), work, path, depth);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) {
    work.cuts.push(`${path}: omitted, because it is nested too deeply`);
    return null;
  }
  const inside = (name: string | number, member: unknown) =>
    work.left < 0 ? null : bound(member, work, path === "" ? `${name}` : `${path}.${name}`, depth + 1);
  if (Array.isArray(value)) {
    if (value.length > work.rows) work.cuts.push(`${path}: ${work.rows} of ${value.length} items`);
    return value.slice(0, work.rows).map((item, index) => inside(index, item));
  }
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  const maxMembers = Math.max(work.rows, MIN_MEMBERS);
  if (entries.length > maxMembers) work.cuts.push(`${path}: ${maxMembers} of ${entries.length} members`);
  return Object.fromEntries(
    entries.slice(0, maxMembers).map(([name, member]) => {
      const shown = boundText(name, MAX_NAME, work, path);
      return [shown, inside(shown, member)];
    }),
  );
}

function boundText(given: string, max: number, work: Work, path: string): string {
  const text = work.redact(given);
  work.left -= Math.min(text.length, max);
  if (text.length <= max) return text;
  work.cuts.push(`${path}: ${max} of ${text.length} characters`);
  return `${text.slice(0, max)}…`;
}
