import * as v from "valibot";

/**
 * The few combinators that the wire's schemas are made of. Each of valibot's own kinds of schema is paid for by every
 * page that loads us, and its unions try one member after the other; here a tag finds its schema by name.
 */

export const text = v.custom<string>((value) => typeof value === "string", "expected a string");
export const boolean = v.custom<boolean>((value) => typeof value === "boolean", "expected true or false");
/** Whatever there is; also nothing. */
export const anything = v.optional(v.custom<unknown>(() => true));
/** A bool that is false where it is left out. */
export const flag = v.optional(boolean, false);

/** One of some words. */
export function oneOf<const T extends readonly (string | number)[]>(words: T) {
  return v.custom<T[number]>((value) => words.includes(value as T[number]), `expected one of ${words.join(", ")}`);
}

/** Optional in, absent out: null and a missing key are the same to the protocol's optional scalars and objects. */
export function opt<T extends v.GenericSchema>(schema: T) {
  return v.pipe(
    v.nullish(schema),
    v.transform((value): v.InferOutput<T> | undefined => value ?? undefined),
  );
}

/** Optional in, null out: what the published types write out where it was left out. */
export function orNull<T extends v.GenericSchema>(schema: T) {
  return v.nullish(schema, null);
}
