/**
 * Compares two values by content: objects (in any order of keys), arrays and bytes. A `bigint` equals a `number` with the same
 * value, and an `undefined` member equals an absent member. Functions are compared by identity.
 */
export function sameContent(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a === "bigint" || typeof b === "bigint") return isNumeric(a) && isNumeric(b) && String(a) === String(b);
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, index) => byte === b[index]);
  }
  const left = definedMembers(a);
  const right = definedMembers(b);
  // Two objects without members are equal only if they are arrays or plain objects. A `Map`, for example, stores its
  // data elsewhere.
  if (left.size === 0 && right.size === 0) return Array.isArray(a) || Object.getPrototypeOf(a) === Object.prototype;
  return left.size === right.size && [...left].every(([key, value]) => right.has(key) && sameContent(value, right.get(key)));
}

function isNumeric(value: unknown): value is bigint | number {
  return typeof value === "bigint" || typeof value === "number";
}

function definedMembers(value: object): Map<string, unknown> {
  return new Map(Object.entries(value).filter(([, member]) => member !== undefined));
}
