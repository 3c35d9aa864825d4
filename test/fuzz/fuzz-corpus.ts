import { readFileSync } from "node:fs";
import { decodeBase64 } from "../../src/codec/base64.js";
import { StreamDecoder } from "../../src/codec/zstd/stream-decoder.js";
import { runWorld } from "./fuzz-world.js";

/** Valid frames that servers and clients send. */
export interface Corpus {
  /** Control frames and notifications for a client. */
  readonly inbound: readonly string[];
  /** Requests for a server. */
  readonly outbound: readonly string[];
  /** The compressed frames of one connection, in order. */
  readonly compressed: readonly Uint8Array[];
}

interface TextCase {
  input: string;
}

interface Vectors {
  requests: TextCase[];
  responses: TextCase[];
  replacements: TextCase[];
}

/** Number of sessions without faults whose frames are recorded. */
const RECORDED_SESSIONS = 40;

/** Reads the test vectors, and records the frames of sessions without faults, with every kind of subscription. */
export async function readCorpus(): Promise<Corpus> {
  const wire = readVectors("wire.json") as Vectors;
  const { notifications } = readVectors("notifications.json") as { notifications: Record<string, { text: string }[]> };
  const { frames } = readVectors("zstd-stream.json") as { frames: { frame: string }[] };
  const inbound = new Set(wire.responses.map(({ input }) => input));
  const outbound = new Set(wire.requests.map(({ input }) => input));
  for (const [kind, cases] of Object.entries(notifications))
    for (const { text } of cases) inbound.add(notification(`${kind}Notification`, text));
  for (const { input } of wire.replacements) inbound.add(notification("replacementNotification", input));
  for (const [from, text] of textsOf(readVectors("transcript.json"))) (from === "server" ? inbound : outbound).add(text);
  const compressed = frames.map(({ frame }) => decodeBase64(frame));
  const decoder = new StreamDecoder();
  for (const frame of compressed) inbound.add(decoder.decode(frame));
  for (let seed = 1; seed <= RECORDED_SESSIONS; seed++) {
    const { received, sent } = await runWorld(seed);
    for (const text of received) inbound.add(text);
    for (const text of sent) outbound.add(text);
  }
  return { inbound: [...inbound], outbound: [...outbound], compressed };
}

function notification(method: string, result: string): string {
  return `{"jsonrpc":"2.0","method":"${method}","params":{"subscription":1,"result":${result}}}`;
}

function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(`test/conformance/vectors/${name}`, "utf8"));
}

/** Yields all texts in a transcript, each with its sender. */
function* textsOf(value: unknown): Generator<["server" | "client", string]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === "string" && (key === "server" || key === "client")) yield [key, member];
    else yield* textsOf(member);
  }
}
