import { type DecodedRequest, decodeRequest } from "../protocol/requests.js";
import type { ControlDriver, Request } from "./control-driver.js";
import { BacktestFailure, invalidRequest, toWireError } from "./failure.js";
import { LIMITS } from "./limits.js";
import type { Link, LinkUser } from "./link.js";
import type { Owner } from "./ownership.js";
import { ParallelControl } from "./parallel-control.js";
import { plainFrame } from "./responses.js";
import { SessionControl } from "./session-control.js";
import type { Run } from "./session-registry.js";
import type { Simulator } from "./simulator.js";
import { SoloRun } from "./solo-run.js";

/**
 * The server's side of one control socket: reads requests one after the other. What the socket drives, a session or a
 * parallel run, is settled by its first create or attach.
 */
export class ControlConnection implements LinkUser, Owner {
  readonly #link: Link;
  readonly #simulator: Simulator;
  #driver: ControlDriver | undefined;
  #pending = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(link: Link, simulator: Simulator) {
    this.#link = link;
    this.#simulator = simulator;
  }

  receive(text: string): void {
    if (this.#pending >= LIMITS.pendingRequests) {
      this.#link.close(1008, "too many requests at once");
      return;
    }
    this.#pending++;
    this.#queue = this.#queue.then(() => this.#handle(text)).finally(() => this.#pending--);
  }

  drained(): void {
    this.#driver?.pump();
  }

  closed(): void {
    // A request that came before the end is still carried out: a create may be waiting for its engine.
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
        throw invalidRequest(`${request.method}: this connection has no session: create one, or attach to one`);
    }
  }

  async #create(request: Request<"createBacktestSession">): Promise<void> {
    const run = this.#simulator.create(request.params);
    // A create that is repeated with its token finds what the first try made: it is told all from the start.
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
    if (run instanceof SoloRun) {
      run.session.recorder?.requests.push(request);
      const control = new SessionControl(run, this, this.#link, 0);
      control.created();
      return control;
    }
    run.recorder?.requests.push(request);
    const control = new ParallelControl(run, this, this.#link, 0);
    control.created(this.#simulator.replaysBeforeAttached());
    return control;
  }

  #attach(request: Request<"attachBacktestSession">): void {
    const { session_id, last_sequence } = request.params;
    const run = this.#simulator.registry.solo(session_id);
    if (run === undefined) {
      const isPart = this.#simulator.registry.find(session_id) !== undefined;
      if (isPart) throw invalidRequest("the session is a part of a parallel run: attach to its control session");
      throw new BacktestFailure({ sessionNotFound: { session_id } });
    }
    run.session.recorder?.requests.push(request);
    this.#claim(run, session_id);
    const { last } = run.session.responses;
    const taken = last_sequence === null ? 0 : Math.min(Number(last_sequence), last);
    const control = new SessionControl(run, this, this.#link, taken);
    this.#driver = control;
    control.attached(this.#simulator.replaysBeforeAttached());
  }

  #attachParallel(request: Request<"attachParallelControlSessionV2">): void {
    const { control_session_id, last_sequences } = request.params;
    const run = this.#simulator.registry.parallel(control_session_id);
    if (run === undefined) throw new BacktestFailure({ sessionNotFound: { session_id: control_session_id } });
    run.recorder?.requests.push(request);
    this.#claim(run, control_session_id);
    const control = new ParallelControl(run, this, this.#link, run.answer.length);
    this.#driver = control;
    control.attached(last_sequences, this.#simulator.replaysBeforeAttached(), this.#simulator.settings.replayOverlap);
  }

  /** @throws BacktestFailure `sessionOwnershipBusy` */
  #claim(run: Run, id: string): void {
    if (this.#simulator.faults.isOwnerBusy(id) || run.ownership.isHeld()) {
      throw new BacktestFailure({ sessionOwnershipBusy: { reason: "another connection holds the session" } });
    }
  }

  #leave(): void {
    const driver = this.#driver;
    this.#driver = undefined;
    driver?.left();
  }
}

/** @throws BacktestFailure `invalidRequest` */
function readRequest(text: string): DecodedRequest {
  try {
    return decodeRequest(text);
  } catch (error) {
    throw invalidRequest(error instanceof Error ? error.message : String(error));
  }
}
