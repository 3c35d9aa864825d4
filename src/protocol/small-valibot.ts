/**
 * The kinds of schema that ours are made of, reading as valibot's own do: scripts/pages.mjs puts this in valibot's place, and
 * the page file is 0.9 kB smaller for it. Of what is wrong with a value only the first issue is told, which is all that
 * anybody here looks at; a member that is missing is refused by its own schema. The protocol's tests run on both.
 */

export { custom, lazy, nullish, object, optional, pipe, safeParse, transform } from "./small-kinds.js";
export { array, parse } from "./small-rare-kinds.js";
