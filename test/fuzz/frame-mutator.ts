import type { SeededRandom } from "../simulation/seeded-random.js";

/** Matches a string, a number, a literal or a structural character in JSON. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:]/gs;

const NUMBERS = [
  "0",
  "-0",
  "-1",
  "5.0",
  "0.5",
  "1e3",
  "1e999",
  "-1e999",
  "1e-999",
  "4294967296",
  "9007199254740992",
  "9007199254740993",
  "18446744073709551615",
  "18446744073709551616",
  "-9223372036854775809",
  `1${"0".repeat(500)}`,
  "01",
  "+1",
  "NaN",
];
const STRINGS = [
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"\ud800"',
  '"\\udc00\\ud800"',
  '"\u202e\u2066"',
  '"\\u0080123"',
  '"__proto__"',
  '"constructor"',
  '"1"',
  '"\u0080NaN"',
  '"=1+1"',
  '"11111111111111111111111111111111"',
];
const VALUES = [
  "null",
  "true",
  "false",
  "[]",
  "{}",
  "[null]",
  "[[]]",
  '{"a":1}',
  '{"__proto__":null}',
  '{"toString":1,"valueOf":1}',
];
const KEYS = [
  "__proto__",
  "constructor",
  "toString",
  "id",
  "method",
  "params",
  "result",
  "error",
  "subscription",
  "seqId",
  "slot",
  "",
];
/** Members that contain an id, a position or a code. `#changeId` changes the values of these members. */
const IDS = new Set(["id", "subscription", "session_id", "sessionId", "seq_id", "seqId", "slot", "context", "code", "version"]);

const DEEP = 20_000;
const HUGE = 200_000;

interface Token {
  readonly text: string;
  readonly at: number;
  readonly isKey: boolean;
}

/** Changes frames like a faulty or hostile peer: bytes, numbers, strings, keys, types, nesting and ids. */
export class FrameMutator {
  readonly #random: SeededRandom;
  readonly #corpus: readonly string[];

  /** @param corpus valid frames. Their parts are also inserted into other frames */
  constructor(random: SeededRandom, corpus: readonly string[]) {
    this.#random = random;
    this.#corpus = corpus;
  }

  /** Returns a valid frame. */
  pick(): string {
    return this.#random.pick(this.#corpus);
  }

  /** Returns a frame with one to three changes. */
  mutate(frame: string = this.pick()): string {
    let text = frame;
    for (let left = this.#random.int(1, 3); left > 0; left--) text = this.#change(text);
    return text;
  }

  /** Returns a binary frame with one to four changes: flipped, removed or inserted bytes. */
  mutateBytes(frame: Uint8Array): Uint8Array {
    const random = this.#random;
    const bytes = [...frame];
    for (let left = random.int(1, 4); left > 0; left--) {
      const at = random.int(0, Math.max(0, bytes.length - 1));
      random.weighted<() => void>([
        [4, () => void bytes.splice(at, 1, (bytes[at] ?? 0) ^ (1 << random.int(0, 7)))],
        [2, () => void bytes.splice(at, 1, random.pick([0, 1, 127, 128, 255]))],
        [1, () => void bytes.splice(at)],
        [1, () => void bytes.splice(at, random.int(1, 8))],
        [1, () => void bytes.splice(at, 0, ...bytes.slice(at, at + random.int(1, 16)))],
      ])();
    }
    return Uint8Array.from(bytes);
  }

  #change(text: string): string {
    const random = this.#random;
    const at = random.int(0, text.length);
    return random.weighted<() => string>([
      [2, () => text.slice(0, at) + this.#character() + text.slice(at + 1)],
      [1, () => text.slice(0, at)],
      [1, () => text.slice(0, at) + text.slice(at + random.int(1, 20))],
      [1, () => text.slice(0, at) + this.pick().slice(random.int(0, 200))],
      [1, () => text + this.pick()],
      [14, () => this.#changeToken(text)],
    ])();
  }

  #character(): string {
    const random = this.#random;
    return random.pick([
      String.fromCharCode(random.int(0, 127)),
      String.fromCharCode(random.int(0x80, 0xffff)),
      random.pick(['"', "\\", "{", "}", "[", "]", ",", ":", "\u0001", "\ud83d"]),
    ]);
  }

  #changeToken(text: string): string {
    const random = this.#random;
    const tokens = tokensOf(text);
    if (tokens.length === 0) return text + this.#value();
    const keys = tokens.filter(({ isKey }) => isKey);
    const replace = ({ at, text: old }: Token, by: string): string => text.slice(0, at) + by + text.slice(at + old.length);
    const values = tokens.filter(({ text: token, isKey }) => !isKey && !"[]{},:".includes(token));
    const value = values.length === 0 ? undefined : random.pick(values);
    const key = keys.length === 0 ? undefined : random.pick(keys);
    const brace = tokens.filter(({ text: token }) => token === "{");
    return random.weighted<() => string>([
      [5, () => (value === undefined ? text : replace(value, this.#value()))],
      [3, () => (value === undefined ? text : replace(value, this.#sameType(value.text)))],
      [2, () => (key === undefined ? text : replace(key, this.#key()))],
      [2, () => this.#duplicateKey(text, brace, key)],
      [3, () => this.#changeId(text, keys)],
      [2, () => this.#swap(text, values)],
      [1, () => replace(random.pick(tokens), "")],
      [2, () => this.#replaceHolder(text, tokens)],
    ])();
  }

  #value(): string {
    const random = this.#random;
    return random.weighted<() => string>([
      [60, () => random.pick(NUMBERS)],
      [60, () => random.pick(STRINGS)],
      [60, () => random.pick(VALUES)],
      [20, () => this.#listOrObject()],
      [4, () => nested(random.int(10, 400), random.chance(0.5))],
      [0.1, () => nested(DEEP, random.chance(0.5))],
      [0.1, () => `"${random.pick(["A", "\\u00e9", "\ud83d\ude00", "\\ud800"]).repeat(HUGE / 4)}"`],
      [0.1, () => `[${"{},".repeat(HUGE / 10)}0]`],
    ])();
  }

  /** Returns a random list or object from a random frame. */
  #listOrObject(): string {
    const text = this.pick();
    const holders = tokensOf(text).filter(({ text: token }) => token === "{" || token === "[");
    if (holders.length === 0) return "null";
    const { at } = this.#random.pick(holders);
    return text.slice(at, endOf(text, at));
  }

  #sameType(old: string): string {
    const random = this.#random;
    if (old.startsWith('"')) {
      const inside = old.slice(1, -1);
      return random.pick([
        ...STRINGS,
        `"${inside}${inside}"`,
        `"${inside.slice(0, random.int(0, inside.length))}"`,
        `"\\ud800${inside}"`,
      ]);
    }
    return /^-?\d/.test(old)
      ? random.pick([...NUMBERS, `${old}0`, old.slice(1), `-${old}`])
      : random.pick(["true", "false", "null"]);
  }

  #key(): string {
    const other = tokensOf(this.pick()).filter(({ isKey }) => isKey);
    return this.#random.chance(0.5) && other.length > 0 ? this.#random.pick(other).text : JSON.stringify(this.#random.pick(KEYS));
  }

  #duplicateKey(text: string, braces: readonly Token[], key: Token | undefined): string {
    if (braces.length === 0) return text;
    const { at } = this.#random.pick(braces);
    const name = key !== undefined && this.#random.chance(0.7) ? key.text : this.#key();
    return `${text.slice(0, at + 1)}${name}:${this.#value()},${text.slice(at + 1)}`;
  }

  #changeId(text: string, keys: readonly Token[]): string {
    const ids = keys.filter(({ text: token }) => IDS.has(token.slice(1, -1)));
    if (ids.length === 0) return text;
    const { at, text: key } = this.#random.pick(ids);
    const from = text.indexOf(":", at + key.length) + 1;
    return text.slice(0, from) + this.#value() + text.slice(endOf(text, from));
  }

  #swap(text: string, values: readonly Token[]): string {
    if (values.length < 2) return text;
    const [one, other] = [this.#random.pick(values), this.#random.pick(values)].sort((a, b) => a.at - b.at) as [Token, Token];
    if (one.at === other.at) return text;
    return (
      text.slice(0, one.at) +
      other.text +
      text.slice(one.at + one.text.length, other.at) +
      one.text +
      text.slice(other.at + other.text.length)
    );
  }

  #replaceHolder(text: string, tokens: readonly Token[]): string {
    const holders = tokens.filter(({ text: token, at }) => (token === "{" || token === "[") && at > 0);
    if (holders.length === 0) return text;
    const { at } = this.#random.pick(holders);
    return text.slice(0, at) + this.#value() + text.slice(endOf(text, at));
  }
}

function tokensOf(text: string): Token[] {
  // Only the start of a huge frame is read, to save time.
  return [...text.slice(0, 20_000).matchAll(TOKEN)].map(({ 0: token, index }) => ({
    text: token,
    at: index,
    isKey: token.startsWith('"') && text.startsWith(":", index + token.length),
  }));
}

/** Returns the end of the value that starts at an index. */
function endOf(text: string, at: number): number {
  let depth = 0;
  // Uses a copy of TOKEN, because `matchAll` requires that the `lastIndex` of TOKEN stays 0.
  const pattern = new RegExp(TOKEN);
  pattern.lastIndex = at;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const [token] = found;
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    if (depth <= 0) return found.index + token.length;
  }
  return text.length;
}

function nested(depth: number, isList: boolean): string {
  return isList ? "[".repeat(depth) + "]".repeat(depth) : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
}
