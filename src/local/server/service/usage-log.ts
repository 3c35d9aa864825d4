import type { Timing } from "../../link/timing.js";
import type { Session } from "../../session/local-session.js";

/** An ended session. Times are in ms since 1970. */
interface Ended {
  sessionId: string;
  sessionName: string | undefined;
  startedAt: number;
  endedAt: number;
  executedSlots: number;
  failed: boolean;
}

/** A window of time in ms since 1970. `since` is exclusive, `until` is inclusive. */
export interface Window {
  since: number;
  until: number;
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
/** Maximum number of days in a report. Without a limit, one request could cause millions of entries. */
const MAX_DAYS = 366;
/** Maximum number of stored sessions. The oldest ones are evicted. */
const MAX_SESSIONS = 100_000;
/** Sessions per page. */
const PAGE_SESSIONS = 20;
const MAX_MS_PER_SLOT = 300;

/** The ended sessions and their usage, for `/usage` and `/usage/sessions`. */
export class UsageLog {
  readonly #timing: Timing;
  readonly #ended: Ended[] = [];
  /** Start times of running sessions. */
  readonly #running = new Map<Session, number>();
  /** The times at which builds were requested, in ms since 1970. */
  readonly #builds: number[] = [];

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  started(session: Session): void {
    this.#running.set(session, session.createdAt);
  }

  ended(session: Session): void {
    const startedAt = this.#running.get(session);
    if (startedAt === undefined) return;
    this.#running.delete(session);
    const { sessionId, sessionName } = session.identity;
    const { executedSlots, outcome } = session;
    this.#ended.push({
      sessionId,
      sessionName,
      startedAt,
      endedAt: this.#timing.now(),
      executedSlots,
      failed: outcome === "failed",
    });
    if (this.#ended.length > MAX_SESSIONS) this.#ended.splice(0, MAX_SESSIONS / 10);
  }

  buildRequested(): void {
    this.#builds.push(this.#timing.now());
  }

  /** Answers `GET /usage`. */
  report(window: Window): Record<string, unknown> {
    const daily = daysOf(window).map((day) => ({ ...spanOf(day, "start", "end"), ...this.#totals(day) }));
    return {
      api_key_name: "local",
      ...spanOf(window, "since", "until"),
      ...this.#totals(window),
      daily,
      bundle_builds: { requested: this.#builds.filter((at) => isWithin(at, window)).length },
      pricing: { dollars_per_slot: 0, dollars_per_minute: 0, max_ms_per_slot: MAX_MS_PER_SLOT },
    };
  }

  /**
   * Answers `GET /usage/sessions`: returns a page of the sessions that ended in this window of time. `cursor` comes from the
   * previous page.
   */
  page(window: Window, cursor: string | null): Record<string, unknown> | undefined {
    const from = cursor === null ? 0 : Number(/^after-(\d+)$/.exec(cursor)?.[1] ?? Number.NaN);
    if (Number.isNaN(from)) return undefined;
    const ended = this.#ended.filter(({ endedAt }) => isWithin(endedAt, window));
    const next = from + PAGE_SESSIONS;
    return {
      ...spanOf(window, "since", "until"),
      sessions: ended.slice(from, next).map(tellSession),
      next_cursor: next < ended.length ? `after-${next}` : null,
    };
  }

  #totals(window: Window): { sessions: Record<string, number>; compute: Record<string, number> } {
    const ended = this.#ended.filter(({ endedAt }) => isWithin(endedAt, window));
    const started = [...this.#running.values(), ...this.#ended.map(({ startedAt }) => startedAt)];
    const failed = ended.filter((session) => session.failed).length;
    return {
      sessions: {
        started: started.filter((at) => isWithin(at, window)).length,
        completed: ended.length - failed,
        failed,
      },
      compute: {
        executed_slot_count: ended.reduce((total, { executedSlots }) => total + executedSlots, 0),
        session_duration_ms: ended.reduce((total, { startedAt, endedAt }) => total + endedAt - startedAt, 0),
      },
    };
  }
}

/**
 * Reads the window from a query. The window starts at the last midnight (UTC) at or before `since`, and ends at `until`. The
 * default of `until` is now. The default of `since` is 30 days before `until`.
 *
 * @returns `undefined` for times that are not RFC 3339, out of order, or more than 366 days apart
 */
export function readWindow(query: URLSearchParams, now: number): Window | undefined {
  const until = readTime(query.get("until"), now);
  const since = readTime(query.get("since"), until - DEFAULT_DAYS * DAY_MS);
  if (Number.isNaN(until) || Number.isNaN(since) || since > until) return undefined;
  if (until - since > MAX_DAYS * DAY_MS) return undefined;
  return { since: Math.floor(since / DAY_MS) * DAY_MS, until };
}

/** The format of a time (RFC 3339). */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function readTime(text: string | null, otherwise: number): number {
  if (text === null) return otherwise;
  return TIME.test(text) ? Date.parse(text) : Number.NaN;
}

/** Splits a window into UTC days. The last day may be incomplete. */
function daysOf({ since, until }: Window): Window[] {
  const days: Window[] = [];
  for (let start = since; start < until; start += DAY_MS) days.push({ since: start, until: Math.min(start + DAY_MS, until) });
  return days;
}

function isWithin(at: number, { since, until }: Window): boolean {
  return at > since && at <= until;
}

function spanOf({ since, until }: Window, from: string, to: string): Record<string, string> {
  return { [from]: new Date(since).toISOString(), [to]: new Date(until).toISOString() };
}

function tellSession({ sessionId, sessionName, startedAt, endedAt, executedSlots }: Ended): Record<string, unknown> {
  return {
    session_id: sessionId,
    session_name: sessionName,
    started_at: new Date(startedAt).toISOString(),
    ended_at: new Date(endedAt).toISOString(),
    executed_slot_count: executedSlots,
    session_duration_ms: endedAt - startedAt,
  };
}
