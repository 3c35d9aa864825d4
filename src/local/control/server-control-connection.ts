import { type DecodedRequest, decodeRequest } from "../../protocol/requests.js";
import type { CreateParams } from "../engine/engine.js";
import type { Link, LinkUser } from "../link/link.js";
import { BacktestFailure, invalidRequest, reasonOf, toWireError } from "../wire/backtest-failure.js";
import { plainFrame } from "../wire/response-frames.js";
import { LIMITS } from "../wire/simulator-limits.js";
import type { ControlDriver, Request } from "./control-driver.js";
import type { Owner } from "./ownership.js";
import { ParallelRunControl } from "./parallel-run-control.js";
import { SessionControl } from "./session-control.js";
import type { Run, SessionRegistry } from "./session-registry.js";
import { SingleRun } from "./single-run.js";

/** The parts of the simulator that a control connection uses. */
export interface ControlHost {
  /** Returns the run for a create request. @throws BacktestFailure */
  create(create: CreateParams): Run;
  readonly registry: Pick<SessionRegistry, "find" | "solo" | "parallel">;
  readonly faults: { isOwnerBusy(id: string): boolean };
  readonly settings: { replayOverlap: number };
  /** Whether the client of this handshake receives the replayed events before the answer to its attach request. */
  replaysBeforeAttached(): boolean;
}

/**
 * The server side of one control socket. It handles requests one after the other. The first create or attach request determines
 * whether the connection controls a session or a parallel run.
 */
export class ServerControlConnection implements LinkUser, Owner {
  readonly #link: Link;
  readonly #host: ControlHost;
  #driver: ControlDriver | undefined;
  #pending = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(link: Link, host: ControlHost) {
    this.#link = link;
    this.#host = host;
  }

  receive(text: string): void {
    if (this.#pending >= LIMITS.pendingRequests) {
      this.#link.close(1008, `more than ${LIMITS.pendingRequests} pending requests`);
      return;
    }
    this.#pending++;
    this.#queue = this.#queue.then(() => this.#handle(text)).finally(() => this.#pending--);
  }

  drained(): void {
    this.#driver?.pump();
  }

  closed(): void {
    // The requests that arrived before the close are handled first.
    this.#queue = this.#queue.then(() => this.#leave());
  }

  isAlive(): Promise<boolean> {
    return this.#link.probe();
  }

  evict(): void {
    this.#leave();
    this.#link.terminate();
  }

  async #handle(text: string): Promise<void> {
    let request: DecodedRequest | undefined;
    try {
      request = readRequest(text);
      await this.#answer(request);
    } catch (error) {
      const wire = toWireError(error);
      if (this.#driver !== undefined) this.#driver.refuse(wire, request);
      else this.#link.send(plainFrame({ method: "error", params: wire }));
    }
  }

  #answer(request: DecodedRequest): void | Promise<void> {
    if (this.#driver !== undefined) return this.#driver.answer(request);
    switch (request.method) {
      case "createBacktestSession":
        return this.#create(request);
      case "attachBacktestSession":
        return this.#attach(request);
      case "attachParallelControlSessionV2":
        return this.#attachParallel(request);
      default:
        throw invalidRequest(`${request.method}: this connection has no session; create one, or attach to one`);
    }
  }

  async #create(request: Request<"createBacktestSession">): Promise<void> {
    const run = this.#host.create(request.params);
    // If the create request is a retry, an older connection can still own the run. Terminates the older connection.
    run.ownership.owner?.evict();
    this.#driver = this.#driverOf(run, request);
    try {
      await run.opened;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  #driverOf(run: Run, request: Request<"createBacktestSession">): ControlDriver {
    if (run instanceof SingleRun) {
      run.session.recorder?.requests.push(request);
      const control = new SessionControl(run, this, this.#link, 0);
      control.created();
      return control;
    }
    run.recorder?.requests.push(request);
    const control = new ParallelRunControl(run, this, this.#link, 0);
    control.created(this.#host.replaysBeforeAttached());
    return control;
  }

  #attach(request: Request<"attachBacktestSession">): void {
    const { session_id, last_sequence } = request.params;
    const run = this.#host.registry.solo(session_id);
    if (run === undefined) {
      const isPart = this.#host.registry.find(session_id) !== undefined;
      if (isPart)
        throw invalidRequest("the session belongs to a parallel run; attach to the run with attachParallelControlSessionV2");
      throw new BacktestFailure({ sessionNotFound: { session_id } });
    }
    run.session.recorder?.requests.push(request);
    this.#claim(run, session_id);
    const { last } = run.session.responses;
    const received = last_sequence === null ? 0 : Math.min(Number(last_sequence), last);
    const control = new SessionControl(run, this, this.#link, received);
    this.#driver = control;
    control.attached(this.#host.replaysBeforeAttached());
  }

  #attachParallel(request: Request<"attachParallelControlSessionV2">): void {
    const { control_session_id, last_sequences } = request.params;
    const run = this.#host.registry.parallel(control_session_id);
    if (run === undefined) throw new BacktestFailure({ sessionNotFound: { session_id: control_session_id } });
    run.recorder?.requests.push(request);
    this.#claim(run, control_session_id);
    const control = new ParallelRunControl(run, this, this.#link, run.answer.length);
    this.#driver = control;
    control.attached(last_sequences, this.#host.replaysBeforeAttached(), this.#host.settings.replayOverlap);
  }

  /** Checks that no control connection owns the run. @throws BacktestFailure `sessionOwnershipBusy` */
  #claim(run: Run, id: string): void {
    if (this.#host.faults.isOwnerBusy(id) || run.ownership.isBusy()) {
      throw new BacktestFailure({ sessionOwnershipBusy: { reason: "another connection is attached to the session" } });
    }
  }

  #leave(): void {
    const driver = this.#driver;
    this.#driver = undefined;
    driver?.left();
  }
}

/** Decodes a control request. @throws BacktestFailure `invalidRequest` */
function readRequest(text: string): DecodedRequest {
  try {
    return decodeRequest(text);
  } catch (error) {
    throw invalidRequest(reasonOf(error));
  }
}
