import * as v from "valibot";
import { isAddress, U64_MAX } from "../../protocol/scalars.js";

/** An input of a tool: the schema that checks it, and the JSON schema that describes it to clients. */
export interface ToolInput<T = unknown> {
  readonly schema: v.GenericSchema<unknown, T>;
  /** The JSON schema. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly isOptional?: boolean;
}

export type ToolInputs = Readonly<Record<string, ToolInput>>;

/** The values of the inputs after validation. */
export type InputValues<I extends ToolInputs> = { readonly [K in keyof I]: I[K] extends ToolInput<infer T> ? T : never };

const DIGITS = /^\d{1,20}$/;

/** Creates the input for a u64 as a decimal string. Safe integers are also accepted. */
export function u64Input(description: string): ToolInput<bigint> {
  const isU64 = (value: unknown): boolean =>
    typeof value === "string"
      ? DIGITS.test(value) && BigInt(value) <= U64_MAX
      : Number.isSafeInteger(value) && (value as number) >= 0;
  return {
    schema: v.pipe(
      v.custom<string | number>(isU64, `expected a whole number from 0 to ${U64_MAX} as a decimal string`),
      v.transform((value) => BigInt(value)),
    ) as v.GenericSchema<unknown, bigint>,
    json: { type: "string", pattern: DIGITS.source, description: `${description} A whole number as a decimal string.` },
  };
}

export function integerInput(description: string, min: number, max: number): ToolInput<number> {
  const isWithin = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
  return {
    schema: v.custom<number>(isWithin, `expected a whole number from ${min} to ${max}`),
    json: { type: "integer", minimum: min, maximum: max, description },
  };
}

export function textInput(description: string, maxLength: number): ToolInput<string> {
  const isText = (value: unknown): boolean => typeof value === "string" && value !== "" && value.length <= maxLength;
  return {
    schema: v.custom<string>(isText, `expected a text of 1 to ${maxLength} characters`),
    json: { type: "string", minLength: 1, maxLength, description },
  };
}

export function addressInput(description: string): ToolInput<string> {
  return {
    schema: v.custom<string>(isAddress, "expected a base58 address of 32 bytes"),
    json: { type: "string", minLength: 32, maxLength: 44, description },
  };
}

export function oneOfInput<const T extends string>(description: string, words: readonly T[]): ToolInput<T> {
  const isWord = (value: unknown): boolean => words.includes(value as T);
  return {
    schema: v.custom<T>(isWord, `expected one of ${words.join(", ")}`),
    json: { type: "string", enum: words, description },
  };
}

export function flagInput(description: string): ToolInput<boolean> {
  return {
    schema: v.custom<boolean>((value) => typeof value === "boolean", "expected true or false"),
    json: { type: "boolean", description },
  };
}

export function listInput<T>(item: ToolInput<T>, description: string, maxItems: number): ToolInput<T[]> {
  const isList = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.length <= maxItems;
  return {
    schema: v.pipe(v.custom<unknown[]>(isList, `expected a list of 1 to ${maxItems} items`), v.array(item.schema)),
    json: { type: "array", items: item.json, minItems: 1, maxItems, description },
  };
}

/** Creates the input for an object with arbitrary member names. */
export function mapInput<T>(member: ToolInput<T>, description: string, maxMembers: number): ToolInput<Record<string, T>> {
  const isMap = (value: unknown): boolean =>
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length <= maxMembers;
  return {
    schema: v.pipe(
      v.custom<Record<string, unknown>>(isMap, `expected an object with at most ${maxMembers} members`),
      v.record(v.string(), member.schema),
    ),
    json: { type: "object", additionalProperties: member.json, maxProperties: maxMembers, description },
  };
}

export function objectInput<I extends ToolInputs>(inputs: I, description: string): ToolInput<InputValues<I>> {
  return { schema: checkOf(inputs), json: { ...jsonSchemaOf(inputs), description } };
}

export function optional<T>(input: ToolInput<T>): ToolInput<T | undefined> {
  return { schema: v.optional(input.schema), json: input.json, isOptional: true };
}

/** Returns the schema that checks all inputs of a tool. It refuses unknown inputs. */
export function checkOf<I extends ToolInputs>(inputs: I): v.GenericSchema<unknown, InputValues<I>> {
  const entries = Object.fromEntries(Object.entries(inputs).map(([name, { schema }]) => [name, schema]));
  const names = Object.keys(inputs).join(", ") || "none";
  return v.strictObject(entries, ({ expected, received }) =>
    expected === "never"
      ? `unknown input; the inputs are ${names}`
      : received === "undefined"
        ? "this input is missing"
        : "expected an object",
  ) as unknown as v.GenericSchema<unknown, InputValues<I>>;
}

/** Returns the JSON schema that describes all inputs of a tool. */
export function jsonSchemaOf(inputs: ToolInputs): { type: "object"; [name: string]: unknown } {
  const required = Object.keys(inputs).filter((name) => !inputs[name]?.isOptional);
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(inputs).map(([name, { json }]) => [name, json])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}
