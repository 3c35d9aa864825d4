import type { BacktestClient } from "../../client/backtest-client.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import type { CreateSession } from "../../session/create-options.js";
import type { ManagedBacktestSession } from "../../session/managed-backtest-session.js";
import type { SessionEnd } from "../../session/session-closing.js";
import { RecentTransactions } from "./recent-transactions.js";
import { LimitReached } from "./tool-failure.js";

/** The maximum number of open sessions. */
export const MAX_SESSIONS = 4;
/** The maximum number of sessions in the list, including ended sessions. */
const MAX_LISTED = 16;

/** A session that a client of the MCP server has started. */
export interface McpSession {
  /** The id with which the tools refer to the session, such as `s1`. */
  readonly id: string;
  readonly session: ManagedBacktestSession;
  readonly startSlot: bigint;
  readonly programs: readonly string[];
  readonly transactions: RecentTransactions;
  /** Whether the session has become ready for its first continue request. */
  isReady: boolean;
  /** The last executed slot. */
  lastSlot?: bigint;
  /** How the session ended. Absent while the session is open. */
  end?: SessionEnd;
}

/** The sessions of one MCP client. Their number is limited. */
export class SessionTable {
  readonly #client: BacktestClient;
  readonly #sessions = new Map<string, McpSession>();
  /** Number of sessions that are being started. */
  #starting = 0;
  #count = 0;

  constructor(client: BacktestClient) {
    this.#client = client;
  }

  /**
   * Starts a session, and subscribes to the transactions of programs.
   *
   * @throws LimitReached; SimulatorError any error of `startSession`
   */
  async start(
    create: CreateSession & { startSlot: bigint },
    programs: readonly string[],
    signal: AbortSignal,
  ): Promise<McpSession> {
    const open = this.list().filter(({ end }) => end === undefined).length;
    if (open + this.#starting >= MAX_SESSIONS) {
      throw new LimitReached(
        `${MAX_SESSIONS} sessions are open, which is the maximum`,
        "Call close_session for one of list_sessions.",
      );
    }
    this.#starting++;
    try {
      const session = await this.#client.startSession(create, { signal });
      return this.#add(session, create.startSlot, programs);
    } finally {
      this.#starting--;
    }
  }

  /** Returns a session by its id. @throws SimulatorError `invalidParams` */
  get(id: string): McpSession {
    const found = this.#sessions.get(id);
    if (found !== undefined) return found;
    const ids = [...this.#sessions.keys()].join(", ");
    throw invalidParams("session", `there is no such session; ${ids === "" ? "none was started" : `the sessions are ${ids}`}`);
  }

  list(): McpSession[] {
    return [...this.#sessions.values()];
  }

  /** Closes a session on the server, and removes it. @throws SimulatorError `invalidParams` */
  async close(id: string): Promise<McpSession> {
    const entry = this.get(id);
    await entry.session.shutdown();
    this.#sessions.delete(id);
    return entry;
  }

  #add(session: ManagedBacktestSession, startSlot: bigint, programs: readonly string[]): McpSession {
    const id = `s${++this.#count}`;
    const entry: McpSession = { id, session, startSlot, programs, transactions: new RecentTransactions(), isReady: false };
    if (programs.length > 0) session.subscribeTransactions([...programs]);
    session.on("transaction", ({ transaction }) => entry.transactions.add(transaction));
    session.once("readyForContinue", () => {
      entry.isReady = true;
    });
    session.on("slot", ({ slot }) => {
      entry.lastSlot = slot;
    });
    void session.closed.then((end) => {
      entry.end = end;
    });
    this.#sessions.set(id, entry);
    const ended = this.list().filter(({ end }) => end !== undefined);
    for (const { id: oldest } of ended.slice(0, Math.max(0, this.#sessions.size - MAX_LISTED))) this.#sessions.delete(oldest);
    return entry;
  }
}
