import type * as v from "valibot";
import { encodeBase64 } from "../../codec/base64.js";
import { accountModifications } from "../../protocol/account-modifications.js";
import { readAnswer } from "../../protocol/answer.js";
import { type AvailableRange, availableRanges } from "../../protocol/available-range.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import { findProblem, writeParams } from "../../protocol/message.js";
import { toAddress, toU64 } from "../../protocol/scalars.js";
import type { AccountData } from "../../protocol/shapes.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { type SlotRange, toSlotRange } from "../../protocol/slot-range.js";
import { toUtcTime } from "../../protocol/utc-time.js";
import * as answers from "./answers.js";
import { type CallOptions, exchange, type HttpContext } from "./exchange.js";

/** A time window. Each bound is a `Date`, an RFC 3339 string, or YYYY-MM-DD for midnight in UTC. @default chosen by the service */
export interface UsageWindow {
  /** The start of the time window. @default chosen by the service */
  since?: Date | string;
  /** The end of the time window. @default chosen by the service */
  until?: Date | string;
}

/** The parameters of `buildBundle`. */
export interface BundleBuildRequest extends SlotRange {
  /** Number of slots per bundle. @default chosen by the service */
  bundleSize?: bigint | number;
  /** Requests with the same key count as one request and are charged once. @default generated */
  idempotencyKey?: string;
  /** What the bundle contains. @default "blocks" */
  kind?: answers.BundleKind;
}

/** The parameters of `deleteBundle`. */
export interface BundleDeleteRequest extends SlotRange {
  /** What the bundle contains. @default "blocks" */
  kind?: answers.BundleKind;
}

/** The parameters of `generateDepth`. */
export interface DepthRequest extends SlotRange {
  /** The source of the measured depth. @default "onchain" */
  source?: answers.DepthSource;
  /** When to sample the depth: at each slot, or at each write to an oracle. `oracle` needs the source `onchain`. @default "slot" */
  granularity?: "slot" | "oracle";
  /** The addresses of the markets to sample. @default all markets of the source */
  markets?: string[];
  /** Upgradeable programs to replace, with their ELF files as bytes or base64. `onchain` only. @default none */
  programOverrides?: { programId: string; elf: Uint8Array | ArrayBuffer | string }[];
  /** Accounts to replace, by address. `onchain` only. @default none */
  accountOverrides?: Record<string, AccountData>;
}

/** Iterates over the sessions in a time window, and requests each page when it is needed. `pages()` iterates over pages. */
export interface UsageSessions extends AsyncGenerator<answers.SessionUsage, void, undefined> {
  /** Iterates over the pages. */
  pages(): AsyncGenerator<answers.SessionUsagePage, void, undefined>;
}

type Params = Record<string, unknown>;

/**
 * The service's HTTP calls. If a call fails, it rejects with a `SimulatorError`: `invalidParams` before anything is sent,
 * `unauthorized`, `http` (another status, with `status` and `body`, or an unreadable answer), `unreachable`, `timeout`,
 * `cancelled`.
 *
 * A GET request is sent up to three times if the failure is transient (no connection, 429, 5xx). `health` and `ready` are not
 * retried, because they report the current state. POST and DELETE requests are not retried, because the first request may have been
 * executed. The exception is `buildBundle`: two requests with the same idempotency key count as one.
 */
export class HttpCalls {
  readonly #context: HttpContext;

  constructor(context: HttpContext) {
    this.#context = context;
  }

  /** Returns whether the service is up. Returns `false` for an error status. */
  health(options?: CallOptions): Promise<boolean> {
    return this.#isOk("health", options);
  }

  /** Returns whether the service accepts sessions. Returns `false` for an error status. */
  ready(options?: CallOptions): Promise<boolean> {
    return this.#isOk("ready", options);
  }

  /**
   * Returns the ranges that can be replayed: the global ranges and those of the API key. With `includeAccountState`, it also
   * returns the key's recordings of account states. Only sessions with `replayAccountState` can use these recordings.
   */
  async availableRanges(
    query: { includeAccountState?: boolean } & CallOptions = {},
    options: CallOptions = query,
  ): Promise<AvailableRange[]> {
    const { includeAccountState = false } = query;
    return this.#ask("available-ranges", availableRanges, options, { includeAccountState });
  }

  /** Returns the usage of the API key. */
  async usage(window: UsageWindow & CallOptions = {}, options: CallOptions = window): Promise<answers.UsageReport> {
    return this.#ask("usage", answers.usageReport, options, toWindow(window));
  }

  /**
   * Iterates over the API key's sessions that ended in the given time window, in no particular order.
   *
   * @example for await (const session of client.usageSessions({ since: "2026-01-01" })) console.log(session.sessionId);
   */
  usageSessions(window: UsageWindow & CallOptions = {}, options: CallOptions = window): UsageSessions {
    const pages = (): AsyncGenerator<answers.SessionUsagePage, void, undefined> => this.#usagePages(window, options);
    return Object.assign(eachSession(pages()), { pages });
  }

  /** Returns the latest slot with a snapshot. */
  async snapshotSlot(options?: CallOptions): Promise<{ snapshotSlot: bigint }> {
    return this.#ask("snapshot-slot", answers.snapshotSlot, options);
  }

  /**
   * Requests the build of a bundle. A build takes some time: `bundleBuild` returns its status.
   *
   * @example const { requestId } = await client.buildBundle({ startSlot: 300_000_000n, endSlot: 300_009_999n });
   */
  async buildBundle(request: BundleBuildRequest, options?: CallOptions): Promise<answers.BundleBuild> {
    const range = toSlotRange(request);
    const { idempotencyKey = this.#context.platform.randomHex(16) } = request;
    return this.#ask("build-bundle", answers.bundleBuild, options, { ...request, ...range, idempotencyKey }, "POST", true);
  }

  /** Returns the status of a build. */
  async bundleBuild(requestId: string, options?: CallOptions): Promise<answers.BundleBuild> {
    return this.#ask(`build-bundle/${toSegment(requestId)}`, answers.bundleBuild, options);
  }

  /** Returns the builds (newest first) and the bundles of the API key. */
  async bundleBuilds(query: { limit?: number } & CallOptions = {}, options: CallOptions = query): Promise<answers.BundleBuilds> {
    const { limit } = query;
    return this.#ask("build-bundle", answers.bundleBuilds, options, { limit });
  }

  /** Deletes a bundle of the API key. @throws SimulatorError `http` with status 404 if the API key has no such bundle */
  async deleteBundle(bundle: BundleDeleteRequest, options?: CallOptions): Promise<answers.DeletedBundle> {
    const range = toSlotRange(bundle);
    const { kind = "blocks" } = bundle;
    return this.#ask("bundles", answers.deletedBundle, options, { ...range, kind }, "DELETE");
  }

  /** Requests a depth dataset. The measurement takes some time: `depthStatus` returns its status. */
  async generateDepth(request: DepthRequest, options?: CallOptions): Promise<answers.DepthStatus> {
    const range = toSlotRange(request);
    const { accountOverrides = {} } = request;
    const problem = findProblem(accountModifications, accountOverrides);
    if (problem) throw invalidParams("accountOverrides", problem);
    const programOverrides = request.programOverrides?.map(({ programId, elf }) => {
      const code = typeof elf === "string" ? elf : encodeBase64(new Uint8Array(elf));
      if (!code) throw invalidParams("programOverrides.elf", "expected bytes or base64");
      return { program_id: toAddress(programId, "programOverrides.programId"), elf: code };
    });
    return this.#ask("generate-depth", answers.depthStatus, options, { ...request, ...range, programOverrides }, "POST");
  }

  /** Returns the status of a depth dataset. */
  async depthStatus(requestId: string, options?: CallOptions): Promise<answers.DepthStatus> {
    return this.#ask(`generate-depth/${toSegment(requestId)}`, answers.depthStatus, options);
  }

  /** Returns the sampled markets of depth datasets, and the completed datasets of the API key. */
  async depthCoverage(options?: CallOptions): Promise<answers.DepthCoverage> {
    return this.#ask("generate-depth/coverage", answers.depthCoverage, options);
  }

  /** Returns temporary credentials for reading the datasets. */
  async datasetCredentials(options?: CallOptions): Promise<answers.DatasetCredentials> {
    return this.#ask("datasets/credentials", answers.datasetCredentials, options, undefined, "POST");
  }

  async #isOk(path: string, options?: CallOptions): Promise<boolean> {
    try {
      await exchange(this.#context, "GET", path, false, options);
      return true;
    } catch (error) {
      if ((error as SimulatorError).status) return false;
      throw error;
    }
  }

  async #ask<T>(
    path: string,
    schema: v.GenericSchema,
    options?: CallOptions,
    params?: Params,
    method = "GET",
    repeatable = method === "GET",
  ): Promise<T> {
    const given = params && toWire(params);
    const isPost = method === "POST";
    const body = isPost && given ? writeParams(given, path) : undefined;
    const query = isPost || !given ? "" : `${new URLSearchParams(Object.entries(given).map(toPair))}`;
    const text = await exchange(this.#context, method, query ? `${path}?${query}` : path, repeatable, options, body);
    // The error of a GET request contains the invalid JSON. The response to a POST request is left out, because it may contain
    // credentials.
    return readAnswer(path, schema, text, isPost ? () => "" : this.#context.redact) as T;
  }

  async *#usagePages(window: UsageWindow, options: CallOptions): AsyncGenerator<answers.SessionUsagePage, void, undefined> {
    let query: Params = toWindow(window);
    let served: answers.SessionUsagePage | undefined;
    for (;;) {
      const page = await this.#ask<answers.SessionUsagePage>("usage/sessions", answers.sessionUsagePage, options, query);
      yield page;
      const { nextCursor: cursor } = page;
      if (cursor === undefined) return;
      if (cursor === query.cursor) throw new SimulatorError("http", "usage/sessions: next_cursor did not change");
      // All pages must have the time window of the first page. The default window changes with the current time.
      served ??= page;
      query = { since: served.since, until: served.until, cursor };
    }
  }
}

async function* eachSession(
  pages: AsyncIterable<answers.SessionUsagePage>,
): AsyncGenerator<answers.SessionUsage, void, undefined> {
  for await (const { sessions } of pages) yield* sessions;
}

/** Writes times as RFC 3339 in UTC with whole seconds, as the Rust crate does. */
function toWindow(window: UsageWindow): { since?: string; until?: string } {
  const write = (field: "since" | "until"): string | undefined =>
    window[field] === undefined ? undefined : toUtcTime(window[field], field).toISOString().replace(/\.\d+/, "");
  return { since: write("since"), until: write("until") };
}

/**
 * Returns the defined fields, with names in snake_case. Does not change names in nested objects, because these names can be
 * addresses.
 */
function toWire(params: Params): Params {
  const given = Object.entries(params).filter(([, value]) => value !== undefined);
  const spell = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const check = (key: string, value: unknown): unknown =>
    typeof value === "number" || typeof value === "bigint" ? toU64(value, key) : value;
  return Object.fromEntries(given.map(([key, value]) => [spell(key), check(key, value)]));
}

/** Returns the name and the text of a query parameter. @throws SimulatorError `invalidParams` */
function toPair([name, value]: [string, unknown]): [string, string] {
  return [name, typeof value === "string" ? value : writeParams(value, name)];
}

function toSegment(requestId: unknown): string {
  if (typeof requestId === "string" && /^[!-~]+$/.test(requestId)) return encodeURIComponent(requestId);
  throw invalidParams("requestId", "expected an id");
}
