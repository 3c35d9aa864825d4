import type { PageEvent, Platform } from "../../src/transport/platform.js";
import type { WebSocketLike } from "../../src/transport/websocket-like.js";
import type { SeededRandom } from "./seeded-random.js";
import type { Task, VirtualClock } from "./virtual-clock.js";

/** 2026-01-01, in ms since 1970. */
const EPOCH = 1_767_225_600_000;

interface Timer {
  task: Task;
  readonly run: () => void;
}

/** The environment of a process. */
export interface ProcessNetwork {
  socketsOf(process: SimulatedProcess): WebSocketLike;
  fetch(process: SimulatedProcess, input: string, init?: RequestInit): Promise<Response>;
}

/**
 * The platform of one process: a Node.js process or a page. A test can set the wall clock of the process, and freeze, thaw or kill
 * the process. The platform counts its open resources.
 */
export class SimulatedProcess implements Platform {
  readonly name: string;
  readonly hasPage: boolean;
  readonly WebSocket: WebSocketLike;
  readonly timers = new Set<Timer>();
  readonly pageListeners = new Set<(event: PageEvent) => void>();
  /** Sockets that are neither closed nor terminated. */
  readonly openSockets = new Set<object>();
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #network: ProcessNetwork;
  /** The callbacks of the events that arrived while the process was frozen, in order. */
  #backlog: (() => void)[] = [];
  #state: "running" | "frozen" | "dead" = "running";
  #skewMs = 0;
  #frozenAt: number | undefined;

  constructor(name: string, hasPage: boolean, clock: VirtualClock, random: SeededRandom, network: ProcessNetwork) {
    this.name = name;
    this.hasPage = hasPage;
    this.#clock = clock;
    this.#random = random;
    this.#network = network;
    this.WebSocket = network.socketsOf(this);
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  now(): number {
    return EPOCH + this.#clock.now + this.#skewMs;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    const timer: Timer = { task: undefined as never, run: callback };
    this.timers.add(timer);
    // A timer may be late, but never early.
    const lateness = ms > 0 && this.#random.chance(0.2) ? this.#random.int(0, 3) : 0;
    this.#arm(timer, ms + lateness);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    if (!this.timers.delete(timer as Timer)) return;
    this.#clock.cancel((timer as Timer).task);
  }

  random(): number {
    return this.#random.next();
  }

  randomHex(bytes: number): string {
    return this.#random.hex(bytes);
  }

  fetch(input: string, init?: RequestInit): Promise<Response> {
    return this.#network.fetch(this, input, init);
  }

  onPageEvent(callback: (event: PageEvent) => void): () => void {
    if (!this.hasPage) return () => {};
    this.pageListeners.add(callback);
    return () => this.pageListeners.delete(callback);
  }

  /** Sends a page event to the listeners of the process. */
  page(event: PageEvent): void {
    for (const callback of [...this.pageListeners]) callback(event);
  }

  /** Sets the wall clock. */
  stepClock(byMs: number): void {
    this.#skewMs += byMs;
  }

  /** Runs a callback in the process. If the process is frozen, the callback runs after the process is thawed. */
  enter(run: () => void): void {
    if (this.#state === "running") run();
    else if (this.#state === "frozen") this.#backlog.push(run);
  }

  /** Runs a callback in the process as a separate task. */
  post(run: () => void): void {
    this.postLater(0, run);
  }

  /** Runs a callback in the process after a delay, with an internal timer of the runtime. */
  postLater(ms: number, run: () => void): void {
    this.#clock.add(ms, () => this.enter(run));
  }

  freeze(): void {
    if (this.#state !== "running") return;
    this.#state = "frozen";
    this.#frozenAt = this.#clock.now;
  }

  /** @param wereTimersFrozen whether the timers were paused while the process was frozen, as on a sleeping computer */
  thaw(wereTimersFrozen: boolean): void {
    if (this.#state !== "frozen") return;
    this.#state = "running";
    const frozenAt = this.#frozenAt ?? this.#clock.now;
    if (wereTimersFrozen) {
      for (const timer of this.timers) {
        this.#clock.cancel(timer.task);
        this.#arm(timer, Math.max(0, timer.task.at - frozenAt));
      }
    }
    for (const run of this.#backlog.splice(0)) this.post(run);
  }

  /** Kills the process. A dead process runs no callback. */
  kill(): void {
    this.#state = "dead";
    for (const { task } of this.timers) this.#clock.cancel(task);
    this.timers.clear();
    this.#backlog = [];
  }

  #arm(timer: Timer, ms: number): void {
    timer.task = this.#clock.add(ms, () =>
      this.enter(() => {
        if (this.timers.delete(timer)) timer.run();
      }),
    );
  }
}
