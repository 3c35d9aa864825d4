import { readMembers, type Schema, wrongType } from "./small-kinds.js";

/** The kinds of schema that few sessions need: see small-valibot.ts. */

export function array(item: Schema): Schema {
  return {
    read: (input) => (Array.isArray(input) ? readMembers([], input, input.keys(), () => item) : wrongType("Array", input)),
  };
}

export function parse(schema: Schema, input: unknown): unknown {
  const { value, issues } = schema.read(input);
  if (issues) throw new TypeError(issues[0].message);
  return value;
}
