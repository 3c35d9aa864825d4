// Measures the cost of compression in Node.js and Chromium. Compares two forms of the same notifications: uncompressed texts, and
// one zstd stream that is flushed after each notification. libzstd writes the stream with the settings of the server (level 3, a
// window of 2 MiB).
import { Zstd } from "@hpcc-js/wasm-zstd";
import { parseJson } from "../../src/codec/json.js";
import { StreamDecoder, StreamEncoder } from "../../src/codec/zstd.js";
import { scanAccountDiffNotification } from "../../src/protocol/account-diff-layout.js";

export interface Workload {
  name: string;
  count: number;
  /** Size of the account data before and after the change, in bytes. */
  dataBytes: number;
  /** `fresh`: all data is random. `updated`: 16 bytes differ from the last notification for the account. */
  data: "fresh" | "updated";
}

/** The results in MB of text per second, sorted from the fastest to the slowest round. */
export interface Measured {
  messageBytes: number;
  frameBytes: number;
  /** Rates of decompressing frames to texts. */
  decoded: number[];
  /** Rates of reading events from uncompressed messages. */
  fromText: number[];
  /** Rates of decompressing frames and reading their events. */
  fromFrame: number[];
  /** Rates of compressing texts to frames. */
  encoded: number[];
  encodedFrameBytes: number;
}

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const OWNER = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const ACCOUNTS = 200;

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function base58(length: number): string {
  return Array.from(randomBytes(length), (byte) => BASE58[byte % 58]).join("");
}

function makeTexts({ count, dataBytes, data }: Workload): string[] {
  const accounts = Array.from({ length: ACCOUNTS }, () => ({ address: base58(44), bytes: randomBytes(dataBytes) }));
  const side = (lamports: number, bytes: Uint8Array) =>
    `{"lamports":${lamports},"data":["${base64(bytes)}","base64"],"owner":"${OWNER}","executable":false,` +
    `"rentEpoch":18446744073709551615,"space":${dataBytes}}`;
  return Array.from({ length: count }, (_, index) => {
    const account = accounts[Math.floor(Math.random() * ACCOUNTS)] ?? { address: "", bytes: randomBytes(dataBytes) };
    const before = data === "fresh" ? randomBytes(dataBytes) : account.bytes.slice();
    if (data === "fresh") account.bytes = randomBytes(dataBytes);
    else account.bytes.set(randomBytes(16), Math.floor(Math.random() * (dataBytes - 16)));
    return (
      `{"jsonrpc":"2.0","method":"accountDiffNotification","params":{"result":{"context":{"slot":${312_000_000 + Math.floor(index / 300)}},` +
      `"account":"${account.address}","signature":"${base58(88)}","tx_index":${index % 300},"block_time":${1_760_000_000 + Math.floor(index / 700)},` +
      `"pre":${side(1_000_000 + index, before)},"post":${side(1_000_007 + index, account.bytes)}},"subscription":1}}`
    );
  });
}

async function makeFrames(texts: readonly string[]): Promise<Uint8Array[]> {
  const libzstd = await Zstd.load();
  const encoder = new TextEncoder();
  libzstd.reset();
  libzstd.setCompressionLevel(3);
  return texts.map((text) => libzstd.compressChunk(encoder.encode(text)));
}

/** Parses the text of a notification, and returns a balance of the event. */
function readEvent(text: string): bigint {
  const { diff } = scanAccountDiffNotification(text) ?? { diff: undefined };
  return diff?.post?.lamports ?? BigInt(JSON.stringify(parseJson(text)).length);
}

const sum = (parts: readonly { length: number }[]) => parts.reduce((total, { length }) => total + length, 0);

/** Measures the rates. Each round measures every rate once, so that other load affects all rates equally. */
export async function measure(workload: Workload, rounds: number): Promise<Measured> {
  const texts = makeTexts(workload);
  const frames = await makeFrames(texts);
  const bytes = sum(texts);
  check(frames, texts);

  let kept = 0n;
  const rates: Record<"decoded" | "fromText" | "fromFrame" | "encoded", number[]> = {
    decoded: [],
    fromText: [],
    fromFrame: [],
    encoded: [],
  };
  const time = (rate: number[], run: () => void) => {
    const start = performance.now();
    run();
    rate.push(bytes / 1_000 / (performance.now() - start));
  };
  for (let round = 0; round < rounds; round++) {
    time(rates.fromText, () => {
      for (const text of texts) kept += readEvent(text);
    });
    time(rates.fromFrame, () => {
      const decoder = new StreamDecoder();
      for (const frame of frames) kept += readEvent(decoder.decode(frame));
    });
    time(rates.decoded, () => {
      const decoder = new StreamDecoder();
      for (const frame of frames) kept += BigInt(decoder.decode(frame).length);
    });
    time(rates.encoded, () => {
      const encoder = new StreamEncoder();
      for (const text of texts) kept += BigInt(encoder.encode(text).length);
    });
    // Yields to the event loop, because a browser reports a blocked page as hung.
    await new Promise((resolve) => setTimeout(resolve));
  }
  if (kept === 0n) throw new Error("nothing was read");
  for (const rate of Object.values(rates)) rate.sort((a, b) => b - a);
  const encoder = new StreamEncoder();
  return {
    messageBytes: bytes / texts.length,
    frameBytes: sum(frames) / frames.length,
    encodedFrameBytes: sum(texts.map((text) => encoder.encode(text))) / texts.length,
    ...rates,
  };
}

/** @throws Error if a decoded text is wrong */
function check(frames: readonly Uint8Array[], texts: readonly string[]): void {
  const decoder = new StreamDecoder();
  for (const [index, frame] of frames.entries()) {
    if (decoder.decode(frame) !== texts[index]) throw new Error(`frame ${index} was decoded wrong`);
  }
}
