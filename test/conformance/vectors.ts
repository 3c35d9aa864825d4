import { readFileSync } from "node:fs";
import { parseJson } from "../../src/codec/json.js";

/** An input text, and the output of the Rust types for this input: a text (`canonical`) or an error. */
export type TextCase = { input: string } & ({ accepted: true; canonical: string } | { accepted: false; error: string });

/** `seqId` is a string, because its value can be 2^64 − 1. */
export type ResponseCase = { input: string } & (
  | { accepted: true; canonical: string; sequenced: boolean; terminal: boolean; seqId?: string }
  | { accepted: false; error: string }
);

export type NameCase = { name: string } & ({ ok: string } | { error: string });

/** A notification's `params.result`, and the fields that the Rust client reads from it. 64-bit integers are strings. */
export type NotificationCase<Read> = { text: string } & ({ accepted: true; read: Read } | { accepted: false; error: string });

interface NotificationVectors {
  notifications: {
    accountDiff: NotificationCase<{
      account: string | null;
      signature: string | null;
      slot: string;
      txIndex: number | null;
      post: null | { Ok: { lamports: string; owner: string; space: string } } | { Err: string };
    }>[];
    transaction: NotificationCase<{ signatures: string[] | null; slot: string }>[];
  };
}

interface WireVectors {
  requests: TextCase[];
  responses: ResponseCase[];
  replacements: TextCase[];
  ranges: TextCase[];
  sessionNames: NameCase[];
  packed: { json: string; packed: string }[];
}

/** Reads a vector file without rounding its integers, because some are beyond 2^53. */
export function readVectors(name: string): unknown {
  return parseJson(readFileSync(new URL(`./vectors/${name}`, import.meta.url), "utf8"));
}

export const wire = readVectors("wire.json") as WireVectors;
export const { notifications } = readVectors("notifications.json") as NotificationVectors;

/** Returns a readable test title: the index, the text with long parts cut, and the expected outcome. */
export function title(index: number, text: string, outcome: string): string {
  const short = text.replace(/(backtest|parallel)_[0-9a-f]{32}/g, "$1_…").replace(/[A-Za-z0-9+/=]{30,}/g, "…");
  return `${index}: ${short.length > 140 ? `${short.slice(0, 140)}…` : short} ${outcome}`;
}
