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
