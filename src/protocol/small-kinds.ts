/** The kinds of schema that every session needs: see small-valibot.ts. */

interface Issue {
  message: string;
  path?: { key: PropertyKey }[];
}

type Read = { value: unknown; issues?: undefined } | { value?: undefined; issues: [Issue] };

export interface Schema {
  readonly entries?: Record<string, Schema>;
  /** Whether an object may lack it. */
  readonly isOptional?: boolean;
  read(value: unknown): Read;
}

function refused(message: string): Read {
  return { issues: [{ message }] };
}

export function wrongType(expected: string, value: unknown): Read {
  return refused(`Invalid type: Expected ${expected} but received ${value === null ? value : typeof value}`);
}

/** Reads members of `input` into `value`, each with its schema. */
export function readMembers<K extends string | number>(
  value: object,
  input: object,
  keys: Iterable<K>,
  schemaOf: (key: K) => Schema,
): Read {
  for (const key of keys) {
    const { value: member, issues } = schemaOf(key).read(input[key as never]);
    if (issues) {
      const [{ message, path = [] }] = issues;
      return { issues: [{ message, path: [{ key }, ...path] }] };
    }
    value[key as never] = member as never;
  }
  return { value };
}

export function object(entries: Record<string, Schema>): Schema {
  const schemaOf = (key: string): Schema => entries[key] as Schema;
  return {
    entries,
    read: (input) =>
      typeof input === "object" && input !== null
        ? readMembers(
            {},
            input,
            Object.keys(entries).filter((key) => key in input || !schemaOf(key).isOptional),
            schemaOf,
          )
        : wrongType("Object", input),
  };
}

export function custom(check: (value: unknown) => boolean, message: string): Schema {
  return { read: (value) => (check(value) ? { value } : refused(message)) };
}

export function lazy(schemaFor: (value: unknown) => Schema): Schema {
  return { read: (value) => schemaFor(value).read(value) };
}

export function optional(wrapped: Schema, fallback?: unknown): Schema {
  return unlessAbsent(wrapped, fallback, undefined);
}

export function nullish(wrapped: Schema, fallback?: unknown): Schema {
  return unlessAbsent(wrapped, fallback, null);
}

/** @param absent what stands for nothing, beside undefined */
function unlessAbsent(wrapped: Schema, fallback: unknown, absent: unknown): Schema {
  const isAbsent = (value: unknown): boolean => value === undefined || value === absent;
  return {
    isOptional: fallback === undefined,
    read: (given) => {
      const value = isAbsent(given) && fallback !== undefined ? fallback : given;
      return isAbsent(value) ? { value } : wrapped.read(value);
    },
  };
}

export function transform(operation: (value: unknown) => unknown): Schema {
  return { read: (value) => ({ value: operation(value) }) };
}

export function pipe(first: Schema, ...rest: Schema[]): Schema {
  return {
    ...first,
    read: (input) => rest.reduce((read, item) => (read.issues ? read : item.read(read.value)), first.read(input)),
  };
}

export function safeParse({ read }: Schema, input: unknown) {
  const { value, issues } = read(input);
  return { success: !issues, output: value, issues };
}
