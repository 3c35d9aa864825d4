import type { Channel } from "../../src/local/link/link.js";
import type { SimulatorErrorCode } from "../../src/protocol/simulator-error.js";
import type { Connection } from "./connection.js";
import { nameFault } from "./coverage-counts.js";
import type { FaultAction, ScriptedFault } from "./fault-script.js";
import type { Actor, Simulation } from "./simulation.js";

/** The time limit of a connection attempt, in ms. */
const CONNECT_MS = 30_000;
/** The total downtime that a client must survive, in ms. The value is well below the client's reconnect budget of 300 s. */
const SAFE_DOWNTIME_MS = 150_000;

/** How long a first connection may take, in s (`initialConnectMs`). */
const FIRST_CONNECT_S = 60;

/** The error code for invalid parameters (JSON-RPC 2.0, 5.1). */
const INVALID_PARAMS = -32602;

/** The error codes that are allowed if two clients resume the same session. */
const TAKEN_OVER = ["sessionBusy", "controlFailed", "subscriptionFailed", "remote"] as const;

/** Executes a fault script. */
export class FaultInjection {
  /** The names of the faults that were injected. */
  readonly injected: string[] = [];
  readonly #simulation: Simulation;
  #downtimeMs = 0;
  /** Number of create requests that get no response. */
  #silentCreates = 0;
  #refusals = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  schedule(faults: readonly ScriptedFault[]): void {
    const { clock, network } = this.#simulation;
    const byFrames = faults.filter(({ when }) => "frames" in when);
    network.onFrame = () => {
      for (const fault of [...byFrames]) {
        if (!("frames" in fault.when) || fault.when.frames > network.frames) continue;
        byFrames.splice(byFrames.indexOf(fault), 1);
        // Injects the fault in a new task: `onFrame` can be called while another fault is being injected.
        clock.add(0, () => this.#strike(fault.action));
      }
    };
    for (const { when, action } of faults) {
      if ("ms" in when) clock.add(when.ms, () => this.#strike(action));
    }
  }

  #strike(action: FaultAction): void {
    const { clock, network, trace, random } = this.#simulation;
    trace.add(`FAULT ${JSON.stringify(action)}`);
    this.injected.push(nameFault(action));
    switch (action.type) {
      case "cut":
        for (const connection of this.#open(action.channel)) connection[action.direction].cutAfter(action.bytes);
        break;
      case "reset":
        for (const connection of this.#open(action.channel)) connection.reset();
        break;
      case "close":
        for (const connection of this.#open(action.channel)) connection.closeByServer(action.code, action.losesData);
        break;
      case "lateClose":
        this.#down(action.ms);
        for (const connection of this.#open(action.channel)) connection.reset(action.ms);
        break;
      case "halfOpen":
        this.#down(60_000);
        for (const connection of this.#open(action.channel)) {
          if (action.direction !== "down") connection.up.lose();
          if (action.direction !== "up") connection.down.lose();
        }
        break;
      case "delay":
        this.#slow(action.forMs, (carriage, isOn) => {
          carriage.latencyMs += isOn ? action.ms : -action.ms;
        });
        break;
      case "drip":
        this.#slow(action.forMs, (carriage, isOn) => {
          carriage.bytesPerSecond = isOn ? action.bytesPerSecond : undefined;
        });
        break;
      case "corrupt":
        for (const connection of this.#open(action.channel)) connection.corruptNext();
        break;
      case "refuseUpgrade":
        // The client does not retry a first connection that the server refuses with one of these statuses.
        if (this.#isConnecting() && [400, 401, 403, 404].includes(action.status) && action.channel !== "subscription") {
          this.#mayFail("unauthorized", "unreachable", "controlFailed");
        }
        this.#refusals += action.times;
        this.#checkFirstConnect();
        network.refusals.push({ channel: action.channel, status: action.status, left: action.times });
        for (const connection of this.#open(action.channel)) connection.reset();
        break;
      case "refuseSubscribe":
        // If a new subscription is refused with `INVALID_PARAMS`, the subscription fails without a retry.
        if (action.code === INVALID_PARAMS) this.#mayFail("subscriptionFailed");
        for (let left = action.times; left > 0; left--) network.interceptors.push(refusedSubscribe(action.code));
        for (const connection of this.#open("subscription")) connection.reset();
        break;
      case "busyOwner":
        network.simulator.faults.busyOwner(action.times);
        for (const connection of this.#open("control")) connection.reset();
        break;
      case "lostCreate":
        this.#lose(action, '"createBacktestSession"');
        this.#silentCreates += action.isSilent ? 1 : 0;
        // Each create request without a response uses up to 120 s of the reconnect budget of 300 s. After two of these
        // requests, the client is allowed to fail.
        if (this.#silentCreates > 1) this.#mayFail("create", "controlFailed");
        break;
      case "lostContinue":
        this.#lose(action, '"method":"continue');
        break;
      case "restart":
        this.#restart(action);
        break;
      case "evict":
        this.#evict(action);
        break;
      case "sleep":
        this.#freeze(action.ms, action.timersStandStill, false);
        break;
      case "freeze":
        this.#freeze(action.ms, false, true);
        break;
      case "clockStep":
        // During a connection attempt, a forward jump of the clock counts as downtime, up to `CONNECT_MS`.
        if (this.#isConnecting()) this.#down(Math.min(Math.max(action.ms, 0), CONNECT_MS));
        for (const { process } of this.#actors()) process.stepClock(action.ms);
        break;
      case "offline":
        this.#offline(action.ms);
        break;
      case "killAndResume":
        this.#killAndResume(action);
        break;
      case "detachAndResume":
        this.#detach(random.int(0, action.resumeMs));
        break;
      case "detach":
        this.#detach(undefined);
        break;
      case "flap":
        for (const connection of this.#open(undefined)) connection.reset();
        if (action.times > 1) clock.add(action.everyMs, () => this.#strike({ ...action, times: action.times - 1 }));
        break;
      case "shutdown":
        this.#shutdown();
        break;
      case "closeClient":
        for (const actor of this.#actors()) {
          actor.wasStopped = true;
          void this.#simulation.watch(actor, "the client's close()", 8_000, actor.client.close());
        }
        break;
    }
  }

  #actors(): Actor[] {
    return this.#simulation.actors.filter(({ isOver, process }) => !isOver && process.isRunning);
  }

  get #hasStarted(): boolean {
    return this.#simulation.actors.some(({ session, run }) => session !== undefined || run !== undefined);
  }

  /** Returns `true` if a session is starting or resuming, and has not opened its first connection yet. */
  #isConnecting(): boolean {
    const { faults } = this.#simulation;
    return !this.#hasStarted || faults.some(({ action }) => action.type.endsWith("Resume"));
  }

  #mayFail(...codes: SimulatorErrorCode[]): void {
    for (const code of codes) this.#simulation.mayFail.add(code);
  }

  #open(channel: Channel | undefined): Connection[] {
    return [...this.#simulation.network.connections].filter(
      (connection) => connection.isOpen && (channel ?? connection.channel) === connection.channel,
    );
  }

  /** Loses the next request that contains the given text, or the response to this request. */
  #lose({ reachesServer, isSilent }: { reachesServer: boolean; isSilent: boolean }, request: string): void {
    const { clock, network } = this.#simulation;
    network.interceptors.push({
      matches: (_, text) => text.includes(request),
      strike: (connection) => {
        if (isSilent) for (const pipe of [connection.up, connection.down]) pipe.lose();
        else clock.add(0, () => connection.reset());
        return reachesServer;
      },
    });
  }

  /** Adds `ms` to the total downtime. If the total exceeds `SAFE_DOWNTIME_MS`, the client is allowed to fail. */
  #down(ms: number): void {
    this.#downtimeMs += ms;
    if (this.#downtimeMs > SAFE_DOWNTIME_MS) this.#mayFail("controlFailed", "subscriptionFailed", "unreachable");
    this.#checkFirstConnect();
  }

  /**
   * Allows the client to fail with `unreachable` if the first connection can take longer than `FIRST_CONNECT_S`. In the worst
   * case, the first retry comes after 2 s, and each refusal multiplies the time since the first attempt by 2.2.
   */
  #checkFirstConnect(): void {
    const latestS = (2.4 * this.#downtimeMs) / 1_000 + 2;
    if (this.#isConnecting() && latestS * 2.2 ** this.#refusals > FIRST_CONNECT_S) this.#mayFail("unreachable");
  }

  #slow(forMs: number, apply: (carriage: Connection["up"]["carriage"], isOn: boolean) => void): void {
    const { clock, network } = this.#simulation;
    const slowed = [network.carriage, ...this.#open(undefined).flatMap(({ up, down }) => [up.carriage, down.carriage])];
    for (const carriage of slowed) apply(carriage, true);
    clock.add(forMs, () => {
      for (const carriage of slowed) apply(carriage, false);
    });
  }

  #restart({ keepsSessions, downMs, code }: Extract<FaultAction, { type: "restart" }>): void {
    const { clock, network } = this.#simulation;
    this.#down(downMs);
    for (const connection of this.#open(undefined)) {
      if (code === undefined) connection.reset();
      else connection.closeByServer(code, true);
    }
    network.isServerDown = true;
    if (!keepsSessions) {
      this.#mayFail("controlFailed", "subscriptionFailed");
      void network.replaceServer();
    }
    clock.add(downMs, () => {
      network.isServerDown = false;
    });
  }

  #evict({ downMs, keepsNotifications, keepsResponses }: Extract<FaultAction, { type: "evict" }>): void {
    const { clock, network } = this.#simulation;
    this.#down(downMs);
    for (const connection of this.#open(undefined)) connection.reset();
    network.isServerDown = true;
    clock.add(downMs, () => {
      network.isServerDown = false;
      this.#simulation.wasEvicted = true;
      for (const { sessionId } of network.simulator.record.sessions) {
        const session = network.simulator.registry.findReadable(sessionId);
        session?.notifications.evictBefore(session.notifications.length - keepsNotifications);
        // Evicts responses only after the start: until then, the client needs the response to its create request.
        if (this.#hasStarted) session?.responses.evict(keepsResponses);
      }
    });
  }

  /** Simulates that the computer sleeps, or that the page is frozen. */
  #freeze(ms: number, timersStandStill: boolean, isPage: boolean): void {
    const { clock } = this.#simulation;
    this.#down(ms);
    for (const { process } of this.#actors()) {
      if (isPage) process.page("frozen");
      process.freeze();
      clock.add(ms, () => {
        process.thaw(timersStandStill);
        if (isPage) process.enter(() => process.page("thawed"));
      });
    }
  }

  #offline(ms: number): void {
    const { clock, network } = this.#simulation;
    this.#down(ms);
    network.isOffline = true;
    for (const connection of this.#open(undefined)) {
      connection.up.lose();
      connection.down.lose();
    }
    for (const { process } of this.#actors()) {
      process.page("offline");
      clock.add(ms, () => process.enter(() => process.page("online")));
    }
    clock.add(ms, () => {
      network.isOffline = false;
    });
  }

  #killAndResume({ killMs, resumeMs, resumers }: Extract<FaultAction, { type: "killAndResume" }>): void {
    const simulation = this.#simulation;
    for (const actor of this.#actors()) {
      const { session } = actor;
      const oracle = session && actor.oracles.get(session.info.sessionId);
      if (session === undefined || oracle === undefined || oracle.isCompleted || actor.wasStopped) continue;
      const checkpoint = JSON.parse(JSON.stringify(session.checkpoint()));
      const state = oracle.save();
      simulation.note(actor, "made a checkpoint");
      simulation.clock.add(killMs, () => {
        // After `completed`, the client closes the session, and no other client can resume the session.
        if (oracle.isCompleted || actor.isOver || actor.wasStopped) return;
        simulation.note(actor, "is killed");
        const release = simulation.hold();
        this.#kill(actor);
        simulation.clock.add(resumeMs, () => {
          release();
          for (let left = resumers; left > 0; left--) {
            simulation.begin(async (resumer) => {
              // Two clients that resume one session can fail with the errors in `TAKEN_OVER`. A single client can fail with the
              // same errors as the killed client (`actor`).
              for (const code of resumers > 1 ? TAKEN_OVER : actor.mayFail) resumer.mayFail.add(code);
              await simulation.resume(resumer, checkpoint, state, oracle);
            });
          }
        });
      });
    }
  }

  #kill(actor: Actor): void {
    actor.process.kill();
    for (const connection of this.#simulation.network.connections) {
      if (connection.process === actor.process) connection.reset();
    }
    this.#simulation.abandoned(actor);
  }

  #detach(resumeMs: number | undefined): void {
    const simulation = this.#simulation;
    for (const actor of this.#actors()) {
      const { session } = actor;
      const oracle = session && actor.oracles.get(session.info.sessionId);
      if (session === undefined || oracle === undefined || oracle.isCompleted || actor.wasStopped) continue;
      actor.wasStopped = true;
      const state = oracle.save();
      const release = simulation.hold();
      void simulation.watch(actor, "detach()", 8_000, session.detach()).then((checkpoint) => {
        release();
        if (resumeMs === undefined) return;
        simulation.begin(async (resumer) => {
          for (const code of actor.mayFail) resumer.mayFail.add(code);
          await simulation.clock.sleep(resumeMs);
          await simulation.resume(resumer, JSON.parse(JSON.stringify(checkpoint)), state, oracle);
        });
      });
    }
  }

  #shutdown(): void {
    for (const actor of this.#actors()) {
      const started = actor.session ?? actor.run;
      if (started === undefined) continue;
      actor.wasStopped = true;
      void this.#simulation.watch(actor, "shutdown()", 8_000, started.shutdown());
    }
  }
}

/** Answers a subscribe request with an error. The server does not receive the request. */
function refusedSubscribe(code: number) {
  return {
    matches: (connection: Connection, text: string) => connection.channel === "subscription" && text.includes("Subscribe"),
    strike: (connection: Connection, text: string) => {
      const { id } = JSON.parse(text) as { id: number };
      connection.down.put({
        type: "frame",
        frame: JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: "refused by a fault" } }),
      });
      return false;
    },
  };
}
