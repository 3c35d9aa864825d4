import * as v from "valibot";

/** Combinators like those of schema.ts, for what few sessions say: who needs none of it doesn't load them. */

/** A list that is left out where it is empty. */
export function list<T extends v.GenericSchema>(item: T) {
  return v.optional(
    v.pipe(
      v.array(item),
      v.transform((items): v.InferOutput<T>[] | undefined => (items.length === 0 ? undefined : items)),
    ),
  );
}

/** A list of two. */
export function pair<A extends v.GenericSchema, B extends v.GenericSchema>(first: A, second: B) {
  return v.pipe(
    v.custom<object>((value) => Array.isArray(value) && value.length === 2, "expected a list of two"),
    v.object({ 0: first, 1: second }) as v.GenericSchema<object>,
    v.transform(Object.values),
  ) as unknown as v.GenericSchema<[v.InferInput<A>, v.InferInput<B>], [v.InferOutput<A>, v.InferOutput<B>]>;
}

/** Either of two: the first one that fits. */
export function either<A extends v.GenericSchema, B extends v.GenericSchema>(a: A, b: B) {
  return v.lazy((value): A | B => (v.safeParse(a, value).success ? a : b));
}
