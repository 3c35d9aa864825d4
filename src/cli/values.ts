import { InvalidArgumentError } from "commander";
import { isAddress, U64_MAX } from "../protocol/scalars.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { checkedControlUrl } from "../protocol/urls.js";
import { UsageError } from "./command-failure.js";

/*
 * What an option's text means. Each throws what commander tells of in one line, together with the option's name and the text;
 * those of URLs say it themselves, for a URL can hold a key.
 */

/** A whole number from 0 to 2^64 - 1; `_` and `,` may group its digits. */
export function slot(text: string): bigint {
  const digits = text.replace(/(?<=\d)[_,](?=\d)/g, "");
  const value = /^\d{1,20}$/.test(digits) ? BigInt(digits) : U64_MAX + 1n;
  if (value <= U64_MAX) return value;
  throw new InvalidArgumentError(`Expected a whole number from 0 to ${U64_MAX}.`);
}

/** A whole number within bounds. */
export function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** A number within bounds. */
export function between(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(?:\.\d+)?$|^\.\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
  };
}

/** An option that can be given more than once. */
export function repeated<T>(read: (text: string) => T): (text: string, before: readonly T[] | undefined) => T[] {
  return (text, before = []) => [...before, read(text)];
}

/** One of some words. */
export function oneOf<const T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((one) => one === text);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`Allowed choices are ${words.join(", ")}.`);
  };
}

export function address(text: string): string {
  if (isAddress(text)) return text;
  throw new InvalidArgumentError("Expected a base58 address of 32 bytes.");
}

/** Where the simulator is, as it is connected to. */
export function simulatorUrl(text: string): string {
  let url: string;
  try {
    url = checkedControlUrl(text);
  } catch (error) {
    if (error instanceof SimulatorError) throw new UsageError(`--${error.message}`);
    throw error;
  }
  // It would be in the list of processes, in the shell's history, and in what servers log.
  if (new URL(url).searchParams.has("api_key")) {
    throw new UsageError("--url: the key is not a part of it: set the environment variable SIMULATOR_API_KEY instead");
  }
  return url;
}

export function rpcUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new UsageError("--rpc-url: expected an http:// or https:// URL");
}

/** Scheme, host and port of a page, as browsers write them in `Origin`. */
export function origin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && !text.includes("@");
  if (isBare) return url.origin;
  throw new InvalidArgumentError(
    "Expected scheme, host and port of a page, such as https://app.example or http://localhost:5173.",
  );
}

/** `START..END`, both inclusive. */
export function slotRange(text: string): { startSlot: bigint; endSlot: bigint } {
  const [from, to, ...more] = text.split("..");
  if (from === undefined || to === undefined || more.length > 0) {
    throw new InvalidArgumentError("Expected START..END, such as 300000000..300009999.");
  }
  const range = { startSlot: slot(from), endSlot: slot(to) };
  if (range.startSlot <= range.endSlot) return range;
  throw new InvalidArgumentError("Its end lies before its start.");
}
