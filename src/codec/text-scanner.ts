/**
 * Reads a text whose layout is known, piece by piece, without making a tree of it: strings are slices of the text, and
 * integers are exact. The first piece that isn't as expected makes the scanner fail, and everything after it is void.
 *
 * Only for texts without a backslash: then every quote begins or ends a string.
 */
export class TextScanner {
  readonly #text: string;
  #at = 0;
  #failed: boolean;

  constructor(text: string) {
    this.#text = text;
    this.#failed = text.includes("\\");
  }

  /** Whether all was as expected, up to the text's end. */
  get isComplete(): boolean {
    return !this.#failed && this.#at === this.#text.length;
  }

  /** Takes what must stand here. */
  literal(expected: string): void {
    if (this.#text.startsWith(expected, this.#at)) this.#at += expected.length;
    else this.#failed = true;
  }

  /** Takes a word if it stands here. */
  accept(word: string): boolean {
    const stands = this.#text.startsWith(word, this.#at);
    if (stands) this.#at += word.length;
    return stands;
  }

  /** Takes what is left of a string whose opening quote has been taken, with its closing quote. */
  string(): string {
    const end = this.#text.indexOf('"', this.#at);
    const string = this.#text.slice(this.#at, end);
    if (end < 0) this.#failed = true;
    else this.#at = end + 1;
    // Engines keep the whole text for a slice of it: whoever keeps an address would keep kilobytes with each.
    return string.length < COPIED_BELOW ? ` ${string}`.slice(1) : string;
  }

  /** Takes an integer that a double holds: up to fifteen digits. */
  smallInteger(): number {
    const start = this.#at;
    const value = this.#digits();
    if (this.#at - start > SAFE_DIGITS) this.#failed = true;
    return value;
  }

  /** Takes an integer of up to twenty digits, as 2^64 − 1 has. */
  integer(): bigint {
    const start = this.#at;
    const value = this.#digits();
    const length = this.#at - start;
    if (length > MAX_DIGITS) this.#failed = true;
    return length <= SAFE_DIGITS || this.#failed ? BigInt(value) : BigInt(this.#text.slice(start, this.#at));
  }

  /** The digits from here on; more than fifteen of them are more than the result can tell. */
  #digits(): number {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    let value = 0;
    for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(++at)) value = value * 10 + code - 48;
    this.#at = at;
    // JSON writes no integer with a zero before it, and none without a digit.
    if (at === start || (at - start > 1 && text.charCodeAt(start) === 48)) this.#failed = true;
    return value;
  }
}

const SAFE_DIGITS = 15;
const MAX_DIGITS = 20;
/** Signatures have 88 characters. */
const COPIED_BELOW = 100;
