import { isDeepStrictEqual } from "node:util";
import type { NotificationSource, SubscriptionKind } from "../../src/channels/subscription-kind.js";
import { subscriptionKind } from "../../src/channels/subscription-kinds.js";
import { oneLine } from "../../src/cli/command-failure.js";
import { Endpoints } from "../../src/cli/proxy/endpoints.js";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { StreamDecoder } from "../../src/codec/zstd/stream-decoder.js";
import { ZstdError } from "../../src/codec/zstd/zstd-error.js";
import { csvLine } from "../../src/compare/csv-encoder.js";
import { ndjsonLine } from "../../src/compare/ndjson-encoder.js";
import { describeBacktestError, fromWireError } from "../../src/protocol/backtest-error.js";
import { decodeResponse, decodeSessionResponse } from "../../src/protocol/responses.js";
import { decodeSubscriptionMessage } from "../../src/protocol/subscription-message.js";
import { KIND_NAMES } from "../support/subscription-kind-names.js";

const KINDS = KIND_NAMES.flatMap((name) => [subscriptionKind(name, "cursor"), subscriptionKind(name, "full")]);
const SOURCE: NotificationSource = { filter: "11111111111111111111111111111111", subscriptionId: "fuzz-1" };
/** The control and bidirectional characters that must not reach a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none of them
const CONTROL = /[\u0000-\u001f]/;

const endpoints = new Endpoints("wss://service.test/backtest");

/** Reads a text with every reader in the client and the proxy. Returns a description of the problem, if any. */
export function checkText(text: string): string | undefined {
  return (
    checkJson(text) ??
    attempt("decodeResponse", () => {
      const { response } = decodeResponse(text);
      if (response.method === "error") describeLine(describeBacktestError(fromWireError(response.params)));
      if (response.method === "unrecognized") describeLine(response.reason);
    }) ??
    attempt("decodeSessionResponse", () => decodeSessionResponse(text)) ??
    attempt("the proxy", () => {
      try {
        endpoints.rewrite(text);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }) ??
    checkNotification(text)
  );
}

/**
 * Checks that `parseJson` accepts the same texts as `JSON.parse`. Also checks that a value stays the same when it is written and
 * read again.
 */
function checkJson(text: string): string | undefined {
  const read = outcome(() => JSON.parse(text));
  const lossless = outcome(() => parseJson(text));
  if (lossless.error !== undefined && !(lossless.error instanceof SyntaxError)) return `parseJson: ${describe(lossless.error)}`;
  if ((read.error === undefined) !== (lossless.error === undefined))
    return `JSON.parse and parseJson disagree: ${describe(read.error)}, ${describe(lossless.error)}`;
  if (lossless.error !== undefined) return undefined;
  const written = outcome(() => stringifyJson(lossless.value));
  if (written.error instanceof TypeError) return undefined;
  if (written.error !== undefined) return `stringifyJson: ${describe(written.error)}`;
  const again = outcome(() => parseJson(written.value as string));
  if (again.error !== undefined) return `parseJson of stringifyJson: ${describe(again.error)}`;
  const isSame = outcome(() => isDeepStrictEqual(again.value, withoutNegativeZero(lossless.value)));
  // The comparison overflowed the stack, so there is no result.
  if (isSame.error instanceof RangeError) return undefined;
  return isSame.value === false ? "what stringifyJson writes is not what parseJson read" : undefined;
}

/** Replaces -0 by 0, because JSON.stringify writes 0 for -0. */
function withoutNegativeZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutNegativeZero(member)]));
}

function checkNotification(text: string): string | undefined {
  const decoded = outcome(() => decodeSubscriptionMessage(text));
  if (decoded.error !== undefined) return `decodeSubscriptionMessage: ${describe(decoded.error)}`;
  const message = decoded.value as ReturnType<typeof decodeSubscriptionMessage>;
  for (const kind of KINDS) {
    const wrong = attempt(`${kind.name}Notification`, () => {
      if (message.type !== "notification") {
        // Ignores texts with raw control characters. The fast parser accepts these characters, and the complete parser refuses them.
        if (kind.scan?.(text) !== undefined && !CONTROL.test(text))
          throw new Error("the fast parser accepted a text that is not a notification");
        return;
      }
      const isValid = kind.findProblem?.(message.result) === undefined;
      const notification = isValid ? kind.read(message.result, SOURCE) : undefined;
      if (notification !== undefined) {
        ndjsonLine(notification.event);
        csvLine(notification.event);
      }
      checkScan(kind, text, message.method, notification);
    });
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** Checks that the fast parser (`scan`) returns the same event as the general parser, or no event. */
function checkScan(kind: SubscriptionKind, text: string, method: string, notification: unknown): void {
  const scanned = kind.scan?.(text);
  if (scanned === undefined) return;
  if (method !== "accountDiffNotification") throw new Error(`the fast parser accepted a notification with the method ${method}`);
  if (!isDeepStrictEqual(scanned.read(SOURCE), notification))
    throw new Error("the fast parser and the general parser returned different events");
}

/** Decodes the binary frames of one connection. @param limit the largest text, in bytes */
export function checkBinary(frames: readonly Uint8Array[], limit: number): string | undefined {
  const decoder = new StreamDecoder(limit);
  for (const frame of frames) {
    const { value, error } = outcome(() => decoder.decode(frame));
    if (error === undefined) {
      if ((value as string).length > limit) return `a text of ${(value as string).length} characters was decoded`;
    } else if (!(error instanceof ZstdError)) return `StreamDecoder: ${describe(error)}`;
  }
  return undefined;
}

function describeLine(text: string): void {
  if (UNSAFE.test(oneLine(text))) throw new Error(`a control character reaches the terminal: ${JSON.stringify(oneLine(text))}`);
}

function attempt(what: string, run: () => void): string | undefined {
  const { error } = outcome(run);
  return error === undefined ? undefined : `${what}: ${describe(error)}`;
}

function outcome<T>(run: () => T): { value?: T; error?: unknown } {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}

function describe(error: unknown): string {
  if (error === undefined) return "no error";
  return error instanceof Error ? `${error.name}: ${error.message} ${error.stack?.split("\n")[1]?.trim()}` : String(error);
}
