import type { SessionInfo } from "../../channels/session-info.js";
import type { ConnectionStatus } from "../../connection/status.js";
import type { ControlHandler, ControlLink } from "./control-link.js";

/** The control link of an `ObservedSession`, which has no control connection. */
export class NoControlLink implements ControlLink {
  readonly info: SessionInfo;
  readonly range = undefined;
  readonly coordinator = undefined;
  #handler: Pick<ControlHandler, "handleControlEnd"> | undefined;
  #isClosed = false;

  constructor(info: SessionInfo) {
    this.info = info;
  }

  get label(): string {
    return `observer of ${this.info.rpcEndpoint}`;
  }

  get status(): ConnectionStatus {
    return { state: this.#isClosed ? "closed" : "up" };
  }

  start(handler: Pick<ControlHandler, "handleControlEnd">): void {
    this.#handler = handler;
  }

  send(): boolean {
    return false;
  }

  close(): void {
    this.#isClosed = true;
    this.#handler?.handleControlEnd(undefined);
  }

  pauseIntake(): void {}

  resumeIntake(): void {}

  setResponsePending(): void {}
}
