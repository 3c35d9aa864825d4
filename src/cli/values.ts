import { InvalidArgumentError } from "commander";
import { isAddress, U64_MAX } from "../protocol/scalars.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { checkedControlUrl } from "../protocol/urls.js";
import { toUtcTime } from "../protocol/utc-time.js";
import { UsageError } from "./command-failure.js";

/*
 * Parsers for option values. They throw `InvalidArgumentError`, and commander adds the option and the value to the message. Parsers
 * for URLs throw `UsageError` instead and omit the value, because a URL can contain a key.
 */

/**
 * Parses a value from the environment or a configuration file.
 *
 * @param where the name of the variable, or the file and the name of the setting
 * @throws UsageError that contains `where`, but not the value, because a value can be an API key.
 */
export function fromSetting<T>(where: string, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError || error instanceof UsageError)) throw error;
    throw new UsageError(`${where}: ${withoutOption(error.message)}`);
  }
}

/** Removes the name of an option from the start of a message. */
function withoutOption(message: string): string {
  return message.replace(/^--[\w-]+:? /, "");
}

/** Parses an integer from 0 to 2^64 - 1. Digits may be grouped with `_` or `,`. */
export function slot(text: string): bigint {
  return wholeBigint(text, 0n);
}

/** Parses a number of slots, at least 1. */
export function slotCount(text: string): bigint {
  return wholeBigint(text, 1n);
}

function wholeBigint(text: string, min: bigint): bigint {
  const digits = text.replace(/(?<=\d)[_,](?=\d)/g, "");
  const value = /^\d{1,20}$/.test(digits) ? BigInt(digits) : U64_MAX + 1n;
  if (value >= min && value <= U64_MAX) return value;
  throw new InvalidArgumentError(`Expected a whole number from ${min} to ${U64_MAX}.`);
}

/** Creates a parser for an integer within bounds. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** Creates a parser for a decimal number within bounds. */
export function between(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(?:\.\d+)?$|^\.\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
  };
}

const CHOICES = new WeakMap<object, readonly string[]>();

/** Returns the words that a parser accepts. `undefined` if `oneOf` did not create the parser. */
export function choicesOf(parser: object | undefined): readonly string[] | undefined {
  return parser && CHOICES.get(parser);
}

const REPEATABLE = new WeakSet<object>();

/** Creates a parser for a repeatable option. It collects the values in a list. */
export function repeated<T>(read: (text: string) => T): (text: string, before: readonly T[] | undefined) => T[] {
  const collect = (text: string, before: readonly T[] = []): T[] => [...before, read(text)];
  REPEATABLE.add(collect);
  const choices = choicesOf(read);
  if (choices !== undefined) CHOICES.set(collect, choices);
  return collect;
}

/** Whether `repeated` created the parser of an option. */
export function isRepeatable(parser: object | undefined): boolean {
  return parser !== undefined && REPEATABLE.has(parser);
}

/** Creates a parser that accepts one of the given words. */
export function oneOf<const T extends string>(words: readonly T[]): (text: string) => T {
  const parse = (text: string): T => {
    const word = words.find((one) => one === text);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`Allowed choices are ${words.join(", ")}.`);
  };
  CHOICES.set(parse, words);
  return parse;
}

/** Parses a time: RFC 3339, or YYYY-MM-DD for midnight in UTC. */
export function utcTime(text: string): Date {
  try {
    return toUtcTime(text, "time");
  } catch {
    throw new InvalidArgumentError("Expected YYYY-MM-DD or a time of RFC 3339, such as 2026-01-31T12:00:00Z.");
  }
}

/** Parses the kind of a bundle. Also accepts the words of sim-cli: `transactions` and `account-state`. */
export function bundleKind(text: string): "blocks" | "account_state" {
  if (text === "blocks" || text === "transactions") return "blocks";
  if (text === "account_state" || text === "account-state") return "account_state";
  throw new InvalidArgumentError("Allowed choices are blocks, account_state.");
}

/** Parses a base58 address. */
export function address(text: string): string {
  if (isAddress(text)) return text;
  throw new InvalidArgumentError("Expected a base58 address of 32 bytes.");
}

/** Parses the control URL of a simulator. */
export function simulatorUrl(text: string): string {
  let url: string;
  try {
    url = checkedControlUrl(text);
  } catch (error) {
    if (error instanceof SimulatorError) throw new UsageError(`--${error.message}`);
    throw error;
  }
  // A key in the URL is refused, because it would be visible in the list of processes, in the shell history and in server logs.
  if (new URL(url).searchParams.has("api_key")) {
    throw new UsageError("--url: it must not contain the API key; set the environment variable SIMULATOR_API_KEY instead");
  }
  return url;
}

/** Parses the URL of a Solana RPC node. */
export function rpcUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new UsageError("--rpc-url: expected an http:// or https:// URL");
}

/** Parses the origin of a web page, in the form that browsers send in the header `Origin`. */
export function origin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && !text.includes("@");
  if (isBare) return url.origin;
  throw new InvalidArgumentError(
    "Expected scheme, host and port of a web page, such as https://app.example or http://localhost:5173.",
  );
}

/** Parses a slot range of the form `START..END`. Both ends are inclusive. */
export function slotRange(text: string): { startSlot: bigint; endSlot: bigint } {
  const [from, to, ...more] = text.split("..");
  if (from === undefined || to === undefined || more.length > 0) {
    throw new InvalidArgumentError("Expected START..END, such as 300000000..300009999.");
  }
  const range = { startSlot: slot(from), endSlot: slot(to) };
  if (range.startSlot <= range.endSlot) return range;
  throw new InvalidArgumentError("The end is before the start.");
}
