import type { Channel } from "./link.js";

/** The connections to which a fault applies. A member that is omitted does not restrict the connections. */
export interface FaultTarget {
  /** The kind of connection. @default both control and subscription connections */
  channel?: Channel;
  /**
   * The id of a session or of a parallel run. The id of a parallel run (its control session id) matches only the control
   * connection of the run.
   * @default all sessions
   */
  sessionId?: string;
}

/**
 * A fault. It is plain data, so that tests can choose one at random.
 *
 * | type | what happens |
 * | --- | --- |
 * | `drop` | cuts open connections, without a close frame |
 * | `close` | closes open connections with a code |
 * | `halfOpen` | open connections stay open but send nothing, read nothing and answer no pings |
 * | `cutFrame` | sends a part of the next frame of each open connection, then cuts the connection |
 * | `corruptFrame` | damages the next frame of each open connection: invalid JSON, or an invalid compressed frame |
 * | `slow` | limits the bytes per second, as for a slow reader, also on connections that are opened later; 0 removes the limit |
 * | `delay` | sends each frame `ms` later, in order, also on connections that are opened later; 0 removes the delay |
 * | `busyOwner` | answers the next `times` attach requests with `sessionOwnershipBusy` |
 * | `refuseAuth` | refuses the next `times` upgrades with 401, by default only on the control channel |
 * | `refuseUpgrade` | refuses the next `times` upgrades with `status` |
 */
export type Fault = {
  /** The connections to which the fault applies. @default all connections */
  target?: FaultTarget;
} & (
  | { type: "drop" }
  | {
      type: "close";
      /** The close code, such as 1012. */
      code: number;
      /** The reason in the close frame. @default an empty text */
      reason?: string;
    }
  | { type: "halfOpen" }
  | { type: "cutFrame" }
  | { type: "corruptFrame" }
  | {
      type: "slow";
      /** The maximum number of bytes per second on each connection. 0 removes the limit. */
      bytesPerSecond: number;
    }
  | {
      type: "delay";
      /** Delay of each frame, in ms. 0 removes the delay. */
      ms: number;
    }
  | {
      type: "busyOwner";
      /** Number of requests to refuse. */
      times: number;
    }
  | {
      type: "refuseAuth";
      /** Number of requests to refuse. */
      times: number;
    }
  | {
      type: "refuseUpgrade";
      /** The HTTP status. */
      status: number;
      /** Number of requests to refuse. */
      times: number;
    }
);

/** The name of a fault. */
export type FaultType = Fault["type"];

/** When a scheduled fault is injected: after the simulator has sent a number of frames, or after a session has executed a slot. */
export type FaultTrigger = {
  /** Only these connections and their sessions trigger the fault. @default all connections */
  target?: FaultTarget;
} & (
  | {
      /** The fault is injected after the simulator has sent this number of frames to the target. */
      afterFrames: number;
    }
  | {
      /** The fault is injected after a session has executed this slot. */
      atSlot: bigint | number;
    }
);

/** Injects faults into the connections of a simulator. All methods throw `invalidParams` for an invalid argument. */
export interface Faults {
  /**
   * Injects a fault now. Returns how many open connections are affected.
   *
   * @throws SimulatorError `invalidParams` for an invalid fault or target
   */
  apply(fault: Fault): number;
  /**
   * Schedules a fault to be injected once. If `fault.target` is omitted, the fault applies to `trigger.target`.
   *
   * @example sim.faults.schedule({ afterFrames: 100, target: { channel: "subscription" } }, { type: "drop" });
   */
  schedule(trigger: FaultTrigger, fault: Fault): void;
  /** Cuts open connections, without a close frame. Returns their number. */
  drop(target?: FaultTarget): number;
  /** Closes open connections with a code. Returns their number. @param code default: 1012, which a server sends when it restarts */
  close(code?: number, reason?: string, target?: FaultTarget): number;
  /** Makes open connections silent without closing them. Returns their number. */
  halfOpen(target?: FaultTarget): number;
  /** Cuts open connections in the middle of their next frame. Returns their number. */
  cutFrame(target?: FaultTarget): number;
  /** Damages the next frame of each open connection. Returns the number of connections. */
  corruptFrame(target?: FaultTarget): number;
  /**
   * Limits the speed of all open connections, and of connections that are opened later. Returns the number of open connections.
   *
   * @param bytesPerSecond per connection; 0 means no limit
   */
  slow(bytesPerSecond: number, target?: FaultTarget): number;
  /**
   * Delays each frame by `ms`, on all open connections and on connections that are opened later. Returns the number of open
   * connections.
   */
  delay(ms: number, target?: FaultTarget): number;
  /** Answers the next attach requests with `sessionOwnershipBusy`. @param times default: 1 */
  busyOwner(times?: number, target?: FaultTarget): void;
  /** Refuses the next upgrade requests with the status 401. @param times default: 1 */
  refuseAuth(times?: number, target?: FaultTarget): void;
  /** Refuses the next upgrade requests with a status. @param times default: 1 */
  refuseUpgrade(status: number, times?: number, target?: FaultTarget): void;
  /** Removes all pending faults: scheduled faults, refusals, delays and limits. */
  clear(): void;
  /** For each fault: the number of connections, frames or requests that the fault has affected. */
  readonly counts: Readonly<Record<FaultType, number>>;
}
