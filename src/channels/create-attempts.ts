import { type ChannelSocket, TransientFailure } from "../connection/channel-socket.js";
import type { BacktestRequest } from "../protocol/requests.js";
import { sendNow } from "./control-frame.js";
import { createRefused, type Refusal } from "./control-refusal.js";

/** A create request to send. */
export type CreateRequest = BacktestRequest & { method: "createBacktestSession" };

/** A create request, and a function that generates a new session name. */
export interface CreateOptions {
  readonly create: CreateRequest;
  /** Returns a new name and a new token. `undefined` if the user has chosen the name. */
  readonly newName?: (() => { name: string; createToken: string }) | undefined;
}

/**
 * The attempts to create one session. If the response to an attempt was lost, the next attempt sends the same name and token, and
 * receives the same session. If that session has already ended, the next attempt sends a new name.
 */
export class CreateAttempts {
  readonly #newName: CreateOptions["newName"];
  #request: CreateRequest;
  /** How many times the current name has been sent. */
  #sent = 0;

  constructor({ create, newName }: CreateOptions) {
    this.#request = create;
    this.#newName = newName;
  }

  /** Whether a lost create request can be sent again without leaving an unused session on the server. */
  get canRetry(): boolean {
    return this.#request.params.createToken !== undefined;
  }

  /** Sends the create request. @throws TransientFailure if the socket was lost */
  send(socket: ChannelSocket): void {
    sendNow(socket, this.#request);
    this.#sent++;
  }

  /**
   * Returns the error for a refused create request. If an earlier attempt has already used the generated name, sets a new name and
   * returns a retryable `TransientFailure`.
   */
  refused(refusal: Refusal): Error {
    if (refusal.remote?.kind !== "sessionNameTaken" || this.#sent < 2 || this.#newName === undefined)
      return createRefused(refusal);
    this.#request = { ...this.#request, params: { ...this.#request.params, ...this.#newName() } };
    this.#sent = 0;
    return new TransientFailure(`the session of an earlier attempt has ended: ${refusal.text}`);
  }
}
