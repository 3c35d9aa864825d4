/**
 * Lossless JSON. A double represents integers exactly only up to 2^53 − 1. Lamports, `rentEpoch` and sequence ids are 64-bit
 * integers. Before `JSON.parse`, the parser replaces each integer that would be rounded with a marked string. Afterwards, it
 * converts these strings to `bigint`.
 */

/** Matches integers of sixteen or more digits. `JSON.parse` may round them, because 2^53 − 1 has sixteen digits. */
const WIDE = /\d{16}/;
const FRACTIONAL = /\d[.eE]/;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;

/**
 * Matches a number or a whole string, so that numbers inside strings are skipped. The closing quote is optional, because an
 * unclosed string could otherwise take quadratic time.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"?|-?\d[\d.eE+-]*/g;
const NAME_END = /\s*:/y;

/** Marks a string that replaces a long integer. A character outside Latin-1 would double the memory of the text. */
const MARK = "\x80";
const MARKED = /^"(?:\x80|\\u0080)/;

/**
 * The maximum number of digits of a `bigint`. A longer number is read as a double, because `BigInt()` takes quadratic time. The
 * protocol does not use such long numbers.
 */
const MAX_DIGITS = 400;

export interface ParseOptions {
  /**
   * Whether all numbers must be integers, as in the control protocol. A number with a fraction or an exponent, such as `5.0`, is
   * then read as `NaN`. Every integer schema refuses `NaN`.
   * @default false
   */
  integersOnly?: boolean;
  /**
   * The maximum number of values in the document. A text of 64 MiB can have 30 million values, which take more than a gigabyte of
   * memory.
   *
   * @default unlimited
   */
  maxValues?: number;
}

/**
 * Parses JSON without rounding integers. An integer outside ±(2^53 − 1) becomes a `bigint`, and every other number a `number`.
 *
 * @throws SyntaxError if the text is not JSON, has more than `maxValues` values, or overflows the engine's stack
 * @example parseJson('{"rentEpoch":18446744073709551615,"slot":5}') // { rentEpoch: 18446744073709551615n, slot: 5 }
 */
export function parseJson(
  text: string,
  { integersOnly = false, maxValues = Number.POSITIVE_INFINITY }: ParseOptions = {},
): unknown {
  if (text.length > maxValues && hasMoreValues(text, maxValues)) {
    throw new SyntaxError(`not valid JSON: more than ${maxValues} values`);
  }
  try {
    if (integersOnly) {
      if (!WIDE.test(text) && !FRACTIONAL.test(text)) return JSON.parse(text);
    } else {
      // Checking the numbers after `JSON.parse` is faster than searching the text for long integers: most of the text is base64.
      const value: unknown = JSON.parse(text);
      if (isExact(value)) return value;
    }
    let marks = 0;
    const marked = text.replace(TOKEN, (token: string, at: number) => {
      const stand = standFor(token, integersOnly);
      // Keeps a number before a colon, as in `{1: 2}`. A string instead of the number would make the text valid.
      if (stand === token || isName(text, at + token.length)) return token;
      marks++;
      return stand;
    });
    const value: unknown = JSON.parse(marked);
    return marks === 0 ? value : revive(value);
  } catch (error) {
    // A stack overflow (deep nesting, or millions of escapes) throws another type of error. Callers expect only a SyntaxError.
    throw new SyntaxError(`not valid JSON: ${(error as Error).message}`);
  }
}

/**
 * Writes a value as JSON, and a `bigint` as a number. Omits `undefined` members, as `JSON.stringify` does. Writes every value
 * that `parseJson` returns, with any depth of nesting. `Infinity` becomes `1e999`.
 *
 * @throws TypeError for a value that JSON cannot represent: functions, symbols, NaN, cycles
 */
export function stringifyJson(value: unknown): string {
  const open: OpenHolder[] = [];
  let text = "";
  let nextCheck = FIRST_CYCLE_CHECK;
  const write = (member: unknown): void => {
    if (typeof member === "object" && member !== null) {
      if (open.length === nextCheck) {
        throwIfCyclic(open);
        nextCheck *= 2;
      }
      const isList = Array.isArray(member);
      text += isList ? "[" : "{";
      open.push({ holder: member, keys: isList ? undefined : Object.keys(member), next: 0, isEmpty: true });
    } else {
      text += writeScalar(member);
    }
  };
  write(value);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { holder, keys } = top;
    const list = holder as unknown[];
    if (top.next === (keys ?? list).length) {
      text += keys === undefined ? "]" : "}";
      open.pop();
      continue;
    }
    const index = top.next++;
    if (keys === undefined) {
      if (index > 0) text += ",";
      write(list[index] ?? null);
      continue;
    }
    const key = keys[index] as string;
    const member = (holder as Record<string, unknown>)[key];
    if (member === undefined) continue;
    text += top.isEmpty ? `${JSON.stringify(key)}:` : `,${JSON.stringify(key)}:`;
    top.isEmpty = false;
    write(member);
  }
  return text;
}

/**
 * Each list item and each object member follows one of these characters. The number of these characters is therefore an upper
 * limit for the number of items and members.
 */
const BEFORE_VALUE = [",", "[", "{"] as const;

function hasMoreValues(text: string, limit: number): boolean {
  let left = limit;
  for (const character of BEFORE_VALUE) {
    for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) if (--left < 0) return true;
  }
  return false;
}

/** A list or an object that is currently being written. */
interface OpenHolder {
  readonly holder: object;
  /** The names of an object's members. `undefined` for a list. */
  readonly keys: readonly string[] | undefined;
  next: number;
  isEmpty: boolean;
}

/** Nesting depth of the first check for a cycle. Each later check is at twice the depth of the previous check. */
const FIRST_CYCLE_CHECK = 1_024;

function throwIfCyclic(open: readonly OpenHolder[]): void {
  if (new Set(open.map(({ holder }) => holder)).size < open.length) throw new TypeError("a cycle cannot be written as JSON");
}

function writeScalar(value: unknown): string {
  const type = typeof value;
  if (type === "bigint") return `${value}`;
  if (value === null || type === "string" || type === "boolean" || Number.isFinite(value)) return JSON.stringify(value);
  // A received number that is too large for a double is read as `Infinity`. A recording must be able to contain this value.
  if (value === Number.POSITIVE_INFINITY) return "1e999";
  if (value === Number.NEGATIVE_INFINITY) return "-1e999";
  throw new TypeError(`${type === "number" ? value : `a ${type}`} cannot be written as JSON`);
}

/** Whether all integers in a parsed value are exact. `false` if `JSON.parse` may have rounded one of them. */
function isExact(value: unknown): boolean {
  const open: unknown[] = [[value]];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    for (const member of Object.values(holder as object)) {
      if (typeof member === "object" && member !== null) open.push(member);
      else if (typeof member === "number" && Math.abs(member) > Number.MAX_SAFE_INTEGER) return false;
    }
  }
  return true;
}

/**
 * Returns the text that replaces a token before `JSON.parse`. Replaces a number that would be rounded, and a string that starts
 * with `MARK`. Returns any other token unchanged.
 */
function standFor(token: string, integersOnly: boolean): string {
  // Adds a second `MARK` to a string that starts with `MARK`, so that `revive` does not convert it to a number.
  if (token.startsWith('"')) return MARKED.test(token) ? `"${MARK}${token.slice(1)}` : token;
  if (INTEGER.test(token)) return token.length >= 16 && token.length <= MAX_DIGITS ? `"${MARK}${token}"` : token;
  if (!integersOnly) return token;
  // Throws if the token is not a valid number. A valid number here is not an integer, and becomes `NaN`.
  JSON.parse(token);
  return `"${MARK}NaN"`;
}

function isName(text: string, end: number): boolean {
  NAME_END.lastIndex = end;
  return NAME_END.test(text);
}

/** Converts each marked string in a value back to a number, in place. The function does not recurse. */
function revive(value: unknown): unknown {
  const root: unknown[] = [value];
  const open: object[] = [root];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    const members = holder as Record<string, unknown>;
    for (const key in members) {
      const member = members[key];
      if (typeof member === "string") {
        if (member.charCodeAt(0) === 0x80) members[key] = unmark(member);
      } else if (typeof member === "object" && member !== null) {
        open.push(member);
      }
    }
  }
  return root[0];
}

function unmark(marked: string): unknown {
  const token = marked.slice(1);
  if (token.charCodeAt(0) === 0x80) return token;
  const value = Number(token);
  return Number.isSafeInteger(value) || Number.isNaN(value) ? value : BigInt(token);
}
