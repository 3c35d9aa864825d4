// Functions that read values of any shape from files, RPC nodes and users. They never throw.

export type Members = Readonly<Record<string, unknown>>;

/** Returns the members of an object. `undefined` for a list, null or a scalar. */
export function asObject(value: unknown): Members | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
}

export function asList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** Returns the objects in a list. Omits all other items. */
export function objectsOf(value: unknown): Members[] {
  return (asList(value) ?? []).map(asObject).filter((item) => item !== undefined);
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Reads an integer from a number, a bigint or a decimal text. */
export function asBigInt(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && /^-?\d{1,40}$/.test(value) ? BigInt(value) : undefined;
}

/** Reads a small non-negative integer, such as an index. */
export function asIndex(value: unknown): number | undefined {
  const index = typeof value === "bigint" ? Number(value) : value;
  return typeof index === "number" && Number.isSafeInteger(index) && index >= 0 ? index : undefined;
}

/** Calls a reader. Returns `undefined` if it throws. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Longer names are truncated: the regular expressions in `toWords` are slow for very long names. */
const MAX_NAME = 1_000;

/** Splits a name into words: `InsufficientFunds` becomes `insufficient funds`. */
export function toWords(name: string): string {
  return name
    .slice(0, MAX_NAME)
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .replace(/[_-]+/g, " ")
    .toLowerCase()
    .trim();
}
