/**
 * Lossless JSON. A double holds integers exactly up to 2^53 − 1; lamports, `rentEpoch` and sequence ids go to
 * 2^64 − 1. `JSON.parse` does the work; only integers that it would round are taken around it.
 */

/** Sixteen digits is where integers can leave the safe range: 2^53 − 1 is 9007199254740991. */
const WIDE = /\d{16}/;
const FRACTIONAL = /\d[.eE]/;
const NUMBER = /-?\d[\d.eE+-]*/g;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;

/** First character of a string that stands for a wide integer while `JSON.parse` runs. Latin-1, so that strings stay one byte a character. */
const MARK = "\x80";
const MARK_IN_TEXT = /\x80|\\u0080/;
const MEMBER_NAME_END = /\s*:/y;

/** `BigInt()` takes quadratic time; a longer run of digits is nothing that the protocol has, and reads as a double. */
const MAX_DIGITS = 400;

export interface ParseOptions {
  /**
   * The document holds integers only (the control protocol does): a number written with a fraction or an exponent
   * reads as `NaN`, which no integer schema accepts, so that `5.0` is told from `5`. Default: false.
   */
  integersOnly?: boolean;
}

/**
 * Reads JSON without rounding an integer: one outside ±(2^53 − 1) comes as `bigint`, every other number as `number`.
 *
 * @throws SyntaxError as `JSON.parse` does
 * @example parseJson('{"rentEpoch":18446744073709551615,"slot":5}') // { rentEpoch: 18446744073709551615n, slot: 5 }
 */
export function parseJson(text: string, options: ParseOptions = {}): unknown {
  const integersOnly = options.integersOnly === true;
  if (!WIDE.test(text) && !(integersOnly && FRACTIONAL.test(text))) return JSON.parse(text);
  const marked = markNumbers(text, integersOnly);
  return marked === text ? JSON.parse(text) : revive(JSON.parse(marked));
}

/**
 * Writes JSON with `bigint` as a number. `undefined` members are left out, as `JSON.stringify` does.
 *
 * @throws TypeError for what JSON has no word for (functions, symbols, non-finite numbers)
 */
export function stringifyJson(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return value.toString();
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be written as JSON`);
      return JSON.stringify(value);
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "object":
      break;
    default:
      throw new TypeError(`a ${typeof value} cannot be written as JSON`);
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${Array.from(value, (item) => stringifyJson(item ?? null)).join(",")}]`;
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${stringifyJson(member)}`);
  }
  return `{${members.join(",")}}`;
}

/** Replaces wide integers (and, if asked, fractions) outside strings by marked strings. */
function markNumbers(text: string, integersOnly: boolean): string {
  const guarded = MARK_IN_TEXT.test(text);
  const mark = (token: string, at: number, part: string): string => markNumber(token, part, at + token.length, integersOnly);
  let out = "";
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('"', at);
    if (open < 0) return out + text.slice(at).replace(NUMBER, mark);
    if (open > at) out += text.slice(at, open).replace(NUMBER, mark);
    const close = closingQuote(text, open);
    if (close < 0) return out + text.slice(open);
    const string = text.slice(open, close + 1);
    out += guarded ? guardString(string, text, close) : string;
    at = close + 1;
  }
  return out;
}

/** `end` is where the token ends in its part of the text. */
function markNumber(token: string, part: string, end: number, integersOnly: boolean): string {
  const integer = INTEGER.test(token);
  if (integer ? token.length < 16 || token.length > MAX_DIGITS : !integersOnly) return token;
  // Only what is a number to JSON, and stands where one may stand, is replaced: else broken JSON would become whole.
  if (isMemberName(part, end)) return token;
  if (integer) return `"${MARK}${token}"`;
  JSON.parse(token);
  return `"${MARK}NaN"`;
}

/** A string of the document that begins with the mark gets a second one, so that it is not taken for a number. */
function guardString(string: string, text: string, close: number): string {
  return /^"(?:\x80|\\u0080)/.test(string) && !isMemberName(text, close + 1) ? `"${MARK}${string.slice(1)}` : string;
}

function isMemberName(text: string, end: number): boolean {
  MEMBER_NAME_END.lastIndex = end;
  return MEMBER_NAME_END.test(text);
}

function closingQuote(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close >= 0) {
    let before = close - 1;
    while (text.charCodeAt(before) === 92) before--;
    if ((close - before) % 2 === 1) return close;
    close = text.indexOf('"', close + 1);
  }
  return -1;
}

function revive(value: unknown): unknown {
  if (typeof value === "string") return value.charCodeAt(0) === 0x80 ? unmark(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = revive(value[i]);
    return value;
  }
  const members = value as Record<string, unknown>;
  for (const key in members) {
    const member = members[key];
    if (typeof member === "object" || typeof member === "string") members[key] = revive(member);
  }
  return members;
}

function unmark(marked: string): unknown {
  const token = marked.slice(1);
  if (token.charCodeAt(0) === 0x80) return token;
  const value = Number(token);
  return Number.isSafeInteger(value) || Number.isNaN(value) ? value : BigInt(token);
}
