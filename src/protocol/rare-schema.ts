import * as v from "valibot";
import { oneOf } from "./schema.js";

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

/** An object whose members are alike: `key` reads their names, `member` what they hold. */
export function record<T extends v.GenericSchema>(key: v.GenericSchema<string, string>, member: T) {
  const named = (name: string): v.GenericSchema => {
    const { success, issues } = v.safeParse(key, name);
    return success ? member : v.custom(() => false, issues[0].message);
  };
  return v.pipe(
    v.lazy((value) => v.object(Object.fromEntries(Object.keys(Object(value)).map((name) => [name, named(name)])))),
    v.transform((object) =>
      Object.fromEntries(Object.entries(object).map(([name, read]) => [v.safeParse(key, name).output, read])),
    ),
  ) as unknown as v.GenericSchema<Record<string, v.InferInput<T>>, Record<string, v.InferOutput<T>>>;
}

type Tagged<K extends string, T> = { [M in keyof T]: { [P in K]: M } & T[M] }[keyof T];
type Outputs<T extends Record<string, v.ObjectEntries>> = { [M in keyof T]: v.InferOutput<v.ObjectSchema<T[M], undefined>> };
type Inputs<T extends Record<string, v.ObjectEntries>> = { [M in keyof T]: v.InferInput<v.ObjectSchema<T[M], undefined>> };

/** Objects that one member tells apart: its values, and the other members that each of them has. */
export function tagged<K extends string, T extends Record<string, v.ObjectEntries>>(key: K, members: T) {
  const tags = Object.keys(members);
  const schemas = new Map(tags.map((tag) => [tag, v.object({ [key]: oneOf([tag]), ...members[tag] })]));
  const unknownTag = v.object({ [key]: oneOf(tags) });
  return v.lazy(
    (value) => schemas.get((value as Record<string, string> | null | undefined)?.[key] ?? "") ?? unknownTag,
  ) as unknown as v.GenericSchema<Tagged<K, Inputs<T>>, Tagged<K, Outputs<T>>>;
}
