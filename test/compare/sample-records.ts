import { encodeBase64 } from "../../src/codec/base64.js";
import { stringifyJson } from "../../src/codec/json.js";
import { ndjsonHeader, ndjsonLine } from "../../src/compare/ndjson-encoder.js";
import type { RecordedSession } from "../../src/compare/recordable-event.js";
import { transactionSignature } from "../../src/protocol/transaction-notification.js";
import { PROGRAM, transactionEvent } from "../cli/run/sample-events.js";

type Meta = NonNullable<Parameters<typeof transactionEvent>[1]>;

/** A transaction in a sample record. */
export interface Sample {
  /** The signature of the transaction is derived from this number. */
  byte: number;
  slot?: bigint;
  index?: number;
  program?: string;
  meta?: Meta;
}

export const HEADER = { startSlot: 1n, endSlot: 9n, programs: [PROGRAM], streams: ["transaction"] };
export const END = ndjsonLine({ type: "completed" }) ?? "";

/** Returns an event with a legacy transaction. The signature is derived from `byte`, a number up to 65,535. */
function eventOf(byte: number, meta?: Meta) {
  const event = transactionEvent(byte, meta);
  const wire = new Uint8Array(66).fill(byte & 0xff);
  wire[0] = 1;
  wire[1] = byte >> 8;
  wire[65] = 1;
  event.transaction.transaction = [encodeBase64(wire), "base64"];
  return event;
}

/** Returns the base58 signature of a sample. */
export function signatureOf(byte: number): string {
  return transactionSignature(eventOf(byte).transaction) ?? "";
}

/** Returns the line of a sample in a record. */
function lineOf({ byte, slot, index, program, meta }: Sample): string {
  const event = eventOf(byte, meta);
  if (slot !== undefined) event.transaction.slot = slot;
  if (index !== undefined) event.transaction.transactionIndex = index;
  if (program !== undefined) event.program = program;
  return ndjsonLine(event) ?? "";
}

/** Returns the text of a record with the given transactions. */
export function recordOf(
  samples: readonly Sample[],
  { header = HEADER, sessions = [] as RecordedSession[], end = END } = {},
): string {
  const parts = sessions.map((session) => `${stringifyJson({ type: "session", ...session })}\n`);
  return [ndjsonHeader(header), ...parts, ...samples.map(lineOf), end].join("");
}

/** Returns a source for compareRuns that can be read several times. It yields the text in pieces of `pieceLength`. */
export function sourceOf(text: string, pieceLength = 4_096): () => string[] {
  return () =>
    Array.from({ length: Math.ceil(text.length / pieceLength) }, (_, at) => text.slice(at * pieceLength, (at + 1) * pieceLength));
}
