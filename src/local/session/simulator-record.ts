import type { DecodedRequest } from "../../protocol/requests.js";
import type { Channel } from "../link/link.js";
import type { NotificationLog } from "../notifications/notification-log.js";
import type { NotificationResult } from "../notifications/notification-results.js";
import { type Selection, SUBSCRIPTION_KINDS, selectAccountDiffs } from "../notifications/subscription-selections.js";
import type { SessionResponse } from "../wire/server-responses.js";
import { LIMITS } from "../wire/simulator-limits.js";
import type { SequencedEntry } from "./replay-buffer.js";

/** A response that a session gave, once, however often it was replayed. */
export interface RecordedResponse {
  /** Absent if the session isn't sequenced. */
  sequence?: bigint;
  response: SessionResponse;
  /** The frame's text. */
  text: string;
}

/** What a simulator did, to compare with what a client saw. */
export interface SimulatorRecord {
  /** In the order of their creation, the parts of parallel runs too; the newest 1,000. */
  readonly sessions: readonly SessionRecord[];
  session(sessionId: string): SessionRecord | undefined;
  /** The parallel runs, in the order of their creation; the newest 1,000. */
  readonly runs: readonly RunRecord[];
  /** Sockets that were let in. */
  readonly connections: Readonly<Record<Channel, number>>;
}

/** What a simulator did for the control channel of a parallel run. Its parts have a `SessionRecord` each. */
export interface RunRecord {
  readonly controlSessionId: string;
  readonly controlSessionName: string | undefined;
  /** Its parts, in the order of their ranges. */
  readonly sessionIds: readonly string[];
  /** Requests on its control sockets, in order of arrival; also those that were answered with an error. */
  readonly requests: readonly DecodedRequest[];
  /** Control sockets that were let in for it. */
  readonly connections: number;
}

/**
 * What of a session's stream is asked for. `transaction`: those that name the address; `accountDiff`: those of accounts
 * that the program owns; `accountDiffOf`: those of one account; any other: what a subscription of that kind is told.
 */
export type RecordedKind =
  | "transaction"
  | "accountDiff"
  | "accountDiffOf"
  | "action"
  | "diagnostic"
  | "replacement"
  | "logs"
  | "account"
  | "program"
  | "signature"
  | "slot";

/** What a simulator did in one session. */
export interface SessionRecord {
  readonly sessionId: string;
  readonly sessionName: string | undefined;
  readonly startSlot: bigint;
  readonly endSlot: bigint;
  /** What the session said on the control channel, in order, each once. */
  readonly control: readonly RecordedResponse[];
  /** The session's requests, in order of arrival; also those that were answered with an error. */
  readonly requests: readonly DecodedRequest[];
  /** Control sockets that were let in for it, and subscription sockets. A parallel run's are in its `RunRecord`. */
  readonly connections: Readonly<Record<Channel, number>>;
  /** Notification frames that were sent, with all repetitions. */
  readonly notificationsSent: number;
  /**
   * What a subscription is told in all, in order, each once.
   *
   * @param address of the program or account, or the signature; kinds without a filter have none
   * @param config as the subscription gives it, `{ intraSlotUpdates: true }`; accounts are base64 if it names no encoding
   * @example sim.record.session(id)?.notifications("transaction", sim.programs[0]).map(({ key }) => key)
   */
  notifications(kind: RecordedKind, address?: string, config?: Readonly<Record<string, unknown>>): NotificationResult[];
}

/** The record of one session, as the simulator writes it. */
export class SessionRecorder implements SessionRecord {
  readonly sessionId: string;
  readonly sessionName: string | undefined;
  readonly startSlot: bigint;
  readonly endSlot: bigint;
  readonly control: RecordedResponse[] = [];
  readonly requests: DecodedRequest[] = [];
  readonly connections: Record<Channel, number> = { control: 0, subscription: 0 };
  notificationsSent = 0;
  readonly #log: NotificationLog;

  constructor(
    session: { sessionId: string; sessionName: string | undefined; startSlot: bigint; endSlot: bigint },
    log: NotificationLog,
  ) {
    this.sessionId = session.sessionId;
    this.sessionName = session.sessionName;
    this.startSlot = session.startSlot;
    this.endSlot = session.endSlot;
    this.#log = log;
  }

  /** How much the session has told its subscriptions so far. */
  get executed(): number {
    return this.#log.length;
  }

  response({ sequence, response }: SequencedEntry, text: string, isSequenced: boolean): void {
    this.control.push(isSequenced ? { sequence: BigInt(sequence), response, text } : { response, text });
  }

  notifications(kind: RecordedKind, address?: string, config: Readonly<Record<string, unknown>> = {}): NotificationResult[] {
    const select = selectionOf(kind, address, config);
    const results: NotificationResult[] = [];
    for (let index = 0; index < this.#log.length; index++) {
      const entry = this.#log.at(index);
      if (entry !== undefined) results.push(...select(entry));
    }
    return results;
  }
}

function selectionOf(kind: RecordedKind, address: string | undefined, config: Readonly<Record<string, unknown>>): Selection {
  if (kind === "accountDiff" || kind === "accountDiffOf") {
    return selectAccountDiffs(address ?? "", kind === "accountDiff" ? "program" : "account");
  }
  const filter = kind === "transaction" || kind === "logs" ? { mentions: [address] } : address;
  const select = SUBSCRIPTION_KINDS.get(kind)?.select(filter, { encoding: "base64", ...config });
  return select ?? (() => []);
}

/** The record of a parallel run, as the simulator writes it. */
export class RunRecorder implements RunRecord {
  readonly controlSessionId: string;
  readonly controlSessionName: string | undefined;
  readonly sessionIds: string[] = [];
  readonly requests: DecodedRequest[] = [];
  connections = 0;

  constructor(controlSessionId: string, controlSessionName: string | undefined) {
    this.controlSessionId = controlSessionId;
    this.controlSessionName = controlSessionName;
  }
}

export class Recorder implements SimulatorRecord {
  readonly connections: Record<Channel, number> = { control: 0, subscription: 0 };
  readonly #sessions = new Map<string, SessionRecorder>();
  readonly #runs = new Map<string, RunRecorder>();

  get sessions(): SessionRecorder[] {
    return [...this.#sessions.values()];
  }

  get runs(): RunRecorder[] {
    return [...this.#runs.values()];
  }

  session(sessionId: string): SessionRecorder | undefined {
    return this.#sessions.get(sessionId);
  }

  add(session: SessionRecorder): void {
    let executed = 0;
    for (const session of this.#sessions.values()) executed += session.executed;
    for (const [sessionId, session] of this.#sessions) {
      if (this.#sessions.size < LIMITS.recordedSessions && executed <= LIMITS.recordedTransactions) break;
      this.#sessions.delete(sessionId);
      executed -= session.executed;
    }
    this.#sessions.set(session.sessionId, session);
  }

  addRun(run: RunRecorder): void {
    const [oldest] = this.#runs.keys();
    if (oldest !== undefined && this.#runs.size >= LIMITS.recordedSessions) this.#runs.delete(oldest);
    this.#runs.set(run.controlSessionId, run);
  }
}
