import { LIMITS } from "../wire/simulator-limits.js";
import type { ReplayBuffer } from "./replay-buffer.js";

/** The control connection that reads the responses of a session and sends them to the client. */
export interface ResponseReader {
  /** Called when there are new responses, or when the session has ended. */
  handleNew(): void;
  /** Sends pending responses now. */
  flush(): void;
  /** The sequence of the last response that was sent to the client. The backlog counts a sent response as received. */
  readonly received: number;
}

/** Counts the responses that the client of a session has not received. If there are too many, execution waits for the client. */
export class ResponseBacklog {
  readonly #responses: ReplayBuffer;
  #reader: ResponseReader | undefined;
  /** The value of `received` when the last reader detached. Used until the next reader attaches. */
  #lastReceived = 0;
  #proceed: (() => void) | undefined;
  #isEnded = false;

  constructor(responses: ReplayBuffer) {
    this.#responses = responses;
  }

  attach(reader: ResponseReader): void {
    this.#reader = reader;
  }

  detach(reader: ResponseReader): void {
    if (this.#reader !== reader) return;
    this.#lastReceived = reader.received;
    this.#reader = undefined;
  }

  handleNew(): void {
    this.#reader?.handleNew();
  }

  /** Sends pending responses. */
  flush(): void {
    this.#reader?.flush();
  }

  /** Called after responses have been sent to the client. Sent responses count as received, so `waitForRoom` can end. */
  handleReceived(): void {
    if (this.#proceed !== undefined && !this.#isFull) this.#release();
  }

  /** Waits as long as the client has too many unreceived responses. */
  async waitForRoom(): Promise<void> {
    if (this.#isEnded || !this.#isFull) return;
    await new Promise<void>((resolve) => {
      this.#proceed = resolve;
    });
  }

  /** Called when the session ends. Execution no longer waits for the client. */
  end(): void {
    this.#isEnded = true;
    this.#release();
  }

  get #isFull(): boolean {
    const received = this.#reader?.received ?? this.#lastReceived;
    return this.#responses.last - received >= LIMITS.undeliveredResponses;
  }

  #release(): void {
    this.#proceed?.();
    this.#proceed = undefined;
  }
}
