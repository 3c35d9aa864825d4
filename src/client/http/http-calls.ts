import type * as v from "valibot";
import { encodeBase64 } from "../../codec/base64.js";
import { stringifyJson } from "../../codec/json.js";
import { accountModifications } from "../../protocol/account-modifications.js";
import { readAnswer } from "../../protocol/answer.js";
import { type AvailableRange, availableRanges } from "../../protocol/available-range.js";
import { findProblem } from "../../protocol/message.js";
import { toAddress, toU64 } from "../../protocol/scalars.js";
import type { AccountData } from "../../protocol/shapes.js";
import { invalidParams, SimulatorError } from "../../protocol/simulator-error.js";
import { type SlotRange, toSlotRange } from "../../protocol/slot-range.js";
import { toUtcTime } from "../../protocol/utc-time.js";
import * as answers from "./answers.js";
import { type CallOptions, exchange, type HttpContext } from "./exchange.js";

/** A window of time. Each end: a `Date`, RFC 3339, or YYYY-MM-DD for midnight in UTC. Default: the service's own. */
export interface UsageWindow {
  since?: Date | string;
  until?: Date | string;
}

export interface BundleBuildRequest extends SlotRange {
  /** Slots a bundle. Default: the service's choice. */
  bundleSize?: bigint | number;
  /** The same key again is the same request, charged once. Default: made up. */
  idempotencyKey?: string;
  /** Default: `blocks`. */
  kind?: answers.BundleKind;
}

export interface BundleDeleteRequest extends SlotRange {
  /** Default: `blocks`. */
  kind?: answers.BundleKind;
}

export interface DepthRequest extends SlotRange {
  /** Default: `onchain`. */
  source?: answers.DepthSource;
  /** How often it is sampled: each slot, or each time that a venue's oracle writes (`onchain` only). Default: `slot`. */
  granularity?: "slot" | "oracle";
  /** Default: all of the source's. */
  markets?: string[];
  /** Upgradeable programs to run in place of the deployed ones, as ELF files, in bytes or base64; `onchain` only. */
  programOverrides?: { programId: string; elf: Uint8Array | ArrayBuffer | string }[];
  /** Accounts in place of the recorded ones, by address; `onchain` only. */
  accountOverrides?: Record<string, AccountData>;
}

/** The sessions of a window, one after the other, pages asked for as they are needed; `pages()` gives them page by page. */
export interface UsageSessions extends AsyncGenerator<answers.SessionUsage, void, undefined> {
  pages(): AsyncGenerator<answers.SessionUsagePage, void, undefined>;
}

type Params = Record<string, unknown>;

/**
 * The service's HTTP calls. All reject with a `SimulatorError`: `invalidParams` before anything is sent, `unauthorized`,
 * `http` (another status, with `status` and `body`, or an answer that can't be read), `unreachable`, `timeout`, `cancelled`.
 *
 * A GET is tried three times where it may pass (no connection, 429, 5xx), but for `health` and `ready`, which tell how things are
 * now. Neither POST nor DELETE is: nothing tells whether the first one was done, and a second DELETE of a bundle that is gone would
 * say that there was none. `buildBundle` is: its key makes two one.
 */
export class HttpCalls {
  readonly #context: HttpContext;

  constructor(context: HttpContext) {
    this.#context = context;
  }

  /** Whether the service is up: false for a status that is an error. */
  health(options?: CallOptions): Promise<boolean> {
    return this.#isOk("health", options);
  }

  /** Whether the service takes sessions: false for a status that is an error. */
  ready(options?: CallOptions): Promise<boolean> {
    return this.#isOk("ready", options);
  }

  /**
   * What can be replayed: everybody's ranges, and the API key's own. With `includeAccountState` the key's recordings too,
   * which `replayAccountState` needs; don't plan other runs with those.
   */
  async availableRanges(
    query: { includeAccountState?: boolean } & CallOptions = {},
    options: CallOptions = query,
  ): Promise<AvailableRange[]> {
    const { includeAccountState = false } = query;
    return this.#ask("available-ranges", availableRanges, options, { includeAccountState });
  }

  /** What the API key used. */
  async usage(window: UsageWindow & CallOptions = {}, options: CallOptions = window): Promise<answers.UsageReport> {
    return this.#ask("usage", answers.usageReport, options, toWindow(window));
  }

  /**
   * The API key's sessions that ended in the window, each once, in no particular order.
   *
   * @example for await (const session of client.usageSessions({ since: "2026-01-01" })) console.log(session.sessionId);
   */
  usageSessions(window: UsageWindow & CallOptions = {}, options: CallOptions = window): UsageSessions {
    const pages = (): AsyncGenerator<answers.SessionUsagePage, void, undefined> => this.#usagePages(window, options);
    return Object.assign(eachSession(pages()), { pages });
  }

  /** The latest slot that there is a snapshot of. */
  async snapshotSlot(options?: CallOptions): Promise<{ snapshotSlot: bigint }> {
    return this.#ask("snapshot-slot", answers.snapshotSlot, options);
  }

  /**
   * Asks for a bundle to be built. It takes a while: `bundleBuild` tells how it stands.
   *
   * @example const { requestId } = await client.buildBundle({ startSlot: 300_000_000n, endSlot: 300_009_999n });
   */
  async buildBundle(request: BundleBuildRequest, options?: CallOptions): Promise<answers.BundleBuild> {
    const range = toSlotRange(request);
    const { idempotencyKey = this.#context.platform.randomHex(16) } = request;
    return this.#ask("build-bundle", answers.bundleBuild, options, { ...request, ...range, idempotencyKey }, "POST", true);
  }

  /** How a build stands. */
  async bundleBuild(requestId: string, options?: CallOptions): Promise<answers.BundleBuild> {
    return this.#ask(`build-bundle/${toSegment(requestId)}`, answers.bundleBuild, options);
  }

  /** The API key's builds, the newest first, and its bundles. */
  async bundleBuilds(query: { limit?: number } & CallOptions = {}, options: CallOptions = query): Promise<answers.BundleBuilds> {
    const { limit } = query;
    return this.#ask("build-bundle", answers.bundleBuilds, options, { limit });
  }

  /** Deletes one of the API key's own bundles. Any other, or one that is gone, is a 404. */
  async deleteBundle(bundle: BundleDeleteRequest, options?: CallOptions): Promise<answers.DeletedBundle> {
    const range = toSlotRange(bundle);
    const { kind = "blocks" } = bundle;
    return this.#ask("bundles", answers.deletedBundle, options, { ...range, kind }, "DELETE");
  }

  /** Asks for a depth dataset. It takes a while: `depthStatus` tells how it stands. */
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

  /** How a depth run stands. */
  async depthStatus(requestId: string, options?: CallOptions): Promise<answers.DepthStatus> {
    return this.#ask(`generate-depth/${toSegment(requestId)}`, answers.depthStatus, options);
  }

  /** What depth runs would sample, and what this key has published. */
  async depthCoverage(options?: CallOptions): Promise<answers.DepthCoverage> {
    return this.#ask("generate-depth/coverage", answers.depthCoverage, options);
  }

  /** Temporary credentials to read the datasets with. */
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
    const body = isPost && given ? stringifyJson(given) : undefined;
    const query = isPost ? "" : `${new URLSearchParams(given as Record<string, string> | undefined)}`;
    const text = await exchange(this.#context, method, query ? `${path}?${query}` : path, repeatable, options, body);
    // What is no JSON is kept, for a look; but of a POST's, which may be credentials, nothing.
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
      if (cursor === query.cursor) throw new SimulatorError("http", "usage/sessions: the same next_cursor again");
      // The first page's window, to the letter: one of the service's own choice drifts with the clock.
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

/** As the crate writes times: RFC 3339 in UTC, whole seconds. */
function toWindow(window: UsageWindow): { since?: string; until?: string } {
  const write = (field: "since" | "until"): string | undefined =>
    window[field] === undefined ? undefined : toUtcTime(window[field], field).toISOString().replace(/\.\d+/, "");
  return { since: write("since"), until: write("until") };
}

/** What is given, under the wire's names. What an object holds keeps its names, which can be addresses. */
function toWire(params: Params): Params {
  const given = Object.entries(params).filter(([, value]) => value !== undefined);
  const spell = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const check = (key: string, value: unknown): unknown =>
    typeof value === "number" || typeof value === "bigint" ? toU64(value, key) : value;
  return Object.fromEntries(given.map(([key, value]) => [spell(key), check(key, value)]));
}

function toSegment(requestId: unknown): string {
  if (typeof requestId === "string" && /^[!-~]+$/.test(requestId)) return encodeURIComponent(requestId);
  throw invalidParams("requestId", "expected an id");
}
