import type { DecodedRequest } from "../../protocol/requests.js";
import type { Channel } from "../link/link.js";
import type { NotificationLog } from "../notifications/notification-log.js";
import type { NotificationResult } from "../notifications/notification-results.js";
import { type Selection, SUBSCRIPTION_KINDS, selectAccountDiffs } from "../notifications/subscription-selections.js";
import type { SessionResponse } from "../wire/response-frames.js";
import { LIMITS } from "../wire/simulator-limits.js";
import type { SequencedEntry } from "./replay-buffer.js";

/** A response of a session. If a response was sent several times, the record contains the response once. */
export interface RecordedResponse {
  /** The sequence id of the response. Absent if the responses of the session have no sequence ids. */
  sequence?: bigint;
  /** The response. */
  response: SessionResponse;
  /** The text of the frame. */
  text: string;
}

/** What the simulator has sent and received, so that a test can compare it with the events of a client. */
export interface SimulatorRecord {
  /** The newest 1,000 sessions in the order of their creation, including the sessions of parallel runs. */
  readonly sessions: readonly SessionRecord[];
  /** Returns the record of a session. `undefined` if there is none. */
  session(sessionId: string): SessionRecord | undefined;
  /** The newest 1,000 parallel runs in the order of their creation. */
  readonly runs: readonly RunRecord[];
  /** Number of accepted sockets. */
  readonly connections: Readonly<Record<Channel, number>>;
}

/** The record of the control channel of a parallel run. Each session of the run also has a `SessionRecord`. */
export interface RunRecord {
  /** The id of the run. */
  readonly controlSessionId: string;
  /** The name of the run, if it has one. */
  readonly controlSessionName: string | undefined;
  /** The ids of the sessions, in the order of their ranges. */
  readonly sessionIds: readonly string[];
  /** The requests on the control sockets, in order of arrival, including refused ones. */
  readonly requests: readonly DecodedRequest[];
  /** Number of accepted control sockets. */
  readonly connections: number;
}

/**
 * A kind of recorded notifications. `transaction`: transactions that mention the address. `accountDiff`: diffs of accounts that
 * the program owns. `accountDiffOf`: diffs of one account. Each other kind is named after its subscribe method.
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

/** The record of one session. */
export interface SessionRecord {
  /** The id of the session. */
  readonly sessionId: string;
  /** The name of the session, if it has one. */
  readonly sessionName: string | undefined;
  /** The first slot. */
  readonly startSlot: bigint;
  /** The last slot, inclusive. */
  readonly endSlot: bigint;
  /** The responses of the session on the control channel, in order, without duplicates. */
  readonly control: readonly RecordedResponse[];
  /** The requests to the session, in order of arrival, including refused ones. */
  readonly requests: readonly DecodedRequest[];
  /** Number of accepted control and subscription sockets. The control sockets of a parallel run are in its `RunRecord`. */
  readonly connections: Readonly<Record<Channel, number>>;
  /** Number of notification frames that were sent, including duplicates. */
  readonly notificationsSent: number;
  /**
   * All notifications of a subscription, in order, without duplicates.
   *
   * @param address the program, account or signature; absent for kinds without a filter
   * @param config the config of the subscription, such as `{ intraSlotUpdates: true }`; accounts are in base64 by default
   * @example sim.record.session(id)?.notifications("transaction", sim.programs[0]).map(({ key }) => key)
   */
  notifications(kind: RecordedKind, address?: string, config?: Readonly<Record<string, unknown>>): NotificationResult[];
}

/** Writes the record of one session. */
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

  /** Number of entries in the log of the session. */
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

/** Writes the record of a parallel run. */
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
