import type { DecodedRequest } from "../protocol/requests.js";
import { LIMITS } from "./limits.js";
import type { Channel } from "./link.js";
import type { NotificationLog } from "./notification-log.js";
import type { NotificationResult } from "./notification-results.js";
import type { SequencedEntry } from "./replay-buffer.js";
import { plainFrame, type SessionResponse, sequencedFrame } from "./responses.js";
import { type Selection, selectAccountDiffs, selectTransactions } from "./subscription-kinds.js";

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
  /** In the order of their creation; the newest 1,000. */
  readonly sessions: readonly SessionRecord[];
  session(sessionId: string): SessionRecord | undefined;
  /** Sockets that were let in. */
  readonly connections: Readonly<Record<Channel, number>>;
}

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
  /** Control sockets that were let in for it, and subscription sockets. */
  readonly connections: Readonly<Record<Channel, number>>;
  /** Notification frames that were sent, with all repetitions. */
  readonly notificationsSent: number;
  /**
   * What a subscription is told in all, in order, each once.
   *
   * @param kind `transaction`: those that name the address; `accountDiff`: those of accounts that the program owns;
   *   `accountDiffOf`: those of one account
   * @example sim.record.session(id)?.notifications("transaction", sim.programs[0]).map(({ key }) => key)
   */
  notifications(kind: "transaction" | "accountDiff" | "accountDiffOf", address: string): NotificationResult[];
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

  /** How many transactions the session has executed so far. */
  get executed(): number {
    return this.#log.length;
  }

  response({ sequence, members, response }: SequencedEntry, isSequenced: boolean): void {
    this.control.push(
      isSequenced
        ? { sequence: BigInt(sequence), response, text: sequencedFrame(sequence, members) }
        : { response, text: plainFrame(response) },
    );
  }

  notifications(kind: "transaction" | "accountDiff" | "accountDiffOf", address: string): NotificationResult[] {
    const select = selectionOf(kind, address);
    const results: NotificationResult[] = [];
    for (let index = 0; index < this.#log.length; index++) {
      const entry = this.#log.at(index);
      if (entry !== undefined) results.push(...select(entry));
    }
    return results;
  }
}

function selectionOf(kind: "transaction" | "accountDiff" | "accountDiffOf", address: string): Selection {
  if (kind === "transaction") return selectTransactions([address]);
  return selectAccountDiffs(address, kind === "accountDiff" ? "program" : "account");
}

export class Recorder implements SimulatorRecord {
  readonly connections: Record<Channel, number> = { control: 0, subscription: 0 };
  readonly #sessions = new Map<string, SessionRecorder>();

  get sessions(): SessionRecorder[] {
    return [...this.#sessions.values()];
  }

  session(sessionId: string): SessionRecorder | undefined {
    return this.#sessions.get(sessionId);
  }

  add(session: SessionRecorder): void {
    let transactions = 0;
    for (const { executed } of this.#sessions.values()) transactions += executed;
    for (const [sessionId, { executed }] of this.#sessions) {
      if (this.#sessions.size < LIMITS.recordedSessions && transactions <= LIMITS.recordedTransactions) break;
      this.#sessions.delete(sessionId);
      transactions -= executed;
    }
    this.#sessions.set(session.sessionId, session);
  }
}
