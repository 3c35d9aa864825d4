import { invalidParams } from "./error-helpers.js";

/**
 * Refuses members with unknown names, because a misspelt option would silently have no effect.
 *
 * @param field the path of the object with these members, for the error message; absent if the object is the whole argument
 * @throws SimulatorError `invalidParams`, naming the member and the closest known name
 */
export function refuseUnknownNames(given: object, known: readonly string[], what: string, field?: string): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const path = field === undefined ? name : `${field}.${name}`;
    throw invalidParams(path, `unknown ${what}. Did you mean ${closestName(name, known)}?`);
  }
}

/** Returns the value if it is in a list of words. @throws SimulatorError `invalidParams` for any other value */
export function checkedWord<T extends string>(field: string, value: T, words: readonly T[]): T {
  if (words.includes(value)) return value;
  throw invalidParams(field, `expected one of ${words.join(", ")}`);
}

/** Returns the known name with the smallest edit distance. */
export function closestName(name: string, known: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  let closest = { name: known[0] ?? "", distance: Number.POSITIVE_INFINITY };
  for (const candidate of known) {
    const distance = editDistance(plain(name).slice(0, 64), plain(candidate));
    if (distance < closest.distance) closest = { name: candidate, distance };
  }
  return closest.name;
}

/** Computes the Levenshtein distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] as number;
}
