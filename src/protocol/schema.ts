import * as v from "valibot";

/**
 * Combinators for the schemas of the wire protocol. A union in valibot tries one schema after the other. `tagged` is faster: it
 * looks up the schema by the tag of the value.
 */

export const text = v.custom<string>((value) => typeof value === "string", "expected a string");
export const boolean = v.custom<boolean>((value) => typeof value === "boolean", "expected true or false");
/** Any value. The member may also be absent. */
export const anything = v.optional(v.custom<unknown>(() => true));
/** A boolean with the default `false`. */
export const flag = v.optional(boolean, false);

/** Returns the schema of a value that is one of the given strings or numbers. */
export function oneOf<const T extends readonly (string | number)[]>(words: T) {
  return v.custom<T[number]>((value) => words.includes(value as T[number]), `expected one of ${words.join(", ")}`);
}

/**
 * Returns the schema of an optional member. Null and a missing key are read as `undefined`, as for all optional scalars and
 * objects of the protocol.
 */
export function opt<T extends v.GenericSchema>(schema: T) {
  return v.pipe(
    v.nullish(schema),
    v.transform((value): v.InferOutput<T> | undefined => value ?? undefined),
  );
}

/**
 * Returns the schema of an optional member. A missing member is read as null, because the Rust types write null for an absent
 * member.
 */
export function orNull<T extends v.GenericSchema>(schema: T) {
  return v.nullish(schema, null);
}

/** Returns the schema of a list. An empty list is read as `undefined`, so that it is left out. */
export function list<T extends v.GenericSchema>(item: T) {
  return v.optional(
    v.pipe(
      v.array(item),
      v.transform((items): v.InferOutput<T>[] | undefined => (items.length === 0 ? undefined : items)),
    ),
  );
}

/** Returns the schema of a list with two items. */
export function pair<A extends v.GenericSchema, B extends v.GenericSchema>(first: A, second: B) {
  return v.pipe(
    v.custom<object>((value) => Array.isArray(value) && value.length === 2, "expected a list of two"),
    v.object({ 0: first, 1: second }) as v.GenericSchema<object>,
    v.transform(Object.values),
  ) as unknown as v.GenericSchema<[v.InferInput<A>, v.InferInput<B>], [v.InferOutput<A>, v.InferOutput<B>]>;
}

/** Uses `a` if `a` accepts the value, otherwise `b`. */
export function either<A extends v.GenericSchema, B extends v.GenericSchema>(a: A, b: B) {
  return v.lazy((value): A | B => (v.safeParse(a, value).success ? a : b));
}

/**
 * Returns the schema of an object that is used as a map. `key` is the schema of the members' names, `member` the schema of their
 * values.
 */
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

/**
 * Returns the schema of a discriminated union. The member `key` is the discriminator. `members` maps each value of the
 * discriminator to the other members.
 */
export function tagged<K extends string, T extends Record<string, v.ObjectEntries>>(key: K, members: T) {
  const tags = Object.keys(members);
  const schemas = new Map(tags.map((tag) => [tag, v.object({ [key]: oneOf([tag]), ...members[tag] })]));
  const unknownTag = v.object({ [key]: oneOf(tags) });
  return v.lazy(
    (value) => schemas.get((value as Record<string, string> | null | undefined)?.[key] ?? "") ?? unknownTag,
  ) as unknown as v.GenericSchema<Tagged<K, Inputs<T>>, Tagged<K, Outputs<T>>>;
}
