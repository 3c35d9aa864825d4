import type { Channel, Link, LinkWatch } from "./link.js";

/** Which connections a fault strikes. What is left out matches all. */
export interface FaultTarget {
  channel?: Channel;
  /** A session's id, or a parallel run's control session id: its control connection, and not its sessions' subscriptions. */
  sessionId?: string;
}

/**
 * A fault, as data, so that a random run can draw one.
 *
 * | type | what happens |
 * | --- | --- |
 * | `drop` | open connections are cut, with no close frame |
 * | `close` | open connections are closed with a code |
 * | `halfOpen` | open connections fall silent: nothing is sent, nothing read, no ping answered; they stay open |
 * | `cutFrame` | the next frame of each open connection goes out in part, then the connection is cut |
 * | `corruptFrame` | the next frame of each open connection is damaged: JSON that isn't, a compressed one that can't be decoded |
 * | `slow` | so many bytes a second leave at most, on open connections and those to come, as towards a slow reader; 0 ends it |
 * | `delay` | each frame leaves `ms` later, in order, on open connections and those to come; 0 ends it |
 * | `busyOwner` | the next `times` attaches are answered with `sessionOwnershipBusy` |
 * | `refuseAuth` | the next `times` upgrades are refused with 401; of the control channel only, unless the target names another |
 * | `refuseUpgrade` | the next `times` upgrades are refused with `status` |
 */
export type Fault = { target?: FaultTarget } & (
  | { type: "drop" }
  | { type: "close"; code: number; reason?: string }
  | { type: "halfOpen" }
  | { type: "cutFrame" }
  | { type: "corruptFrame" }
  | { type: "slow"; bytesPerSecond: number }
  | { type: "delay"; ms: number }
  | { type: "busyOwner"; times: number }
  | { type: "refuseAuth"; times: number }
  | { type: "refuseUpgrade"; status: number; times: number }
);

export type FaultType = Fault["type"];

/** When a scheduled fault strikes: when so many more frames were sent to the target, or a session has executed a slot. */
export type FaultTrigger = { target?: FaultTarget } & ({ afterFrames: number } | { atSlot: bigint | number });

/** What can be done to a simulator's connections. */
export interface Faults {
  /** Does what the fault says; tells how many open connections were struck. */
  apply(fault: Fault): number;
  /**
   * Does it later, once. A fault that has no target of its own takes the trigger's.
   *
   * @example sim.faults.schedule({ afterFrames: 100, target: { channel: "subscription" } }, { type: "drop" });
   */
  schedule(trigger: FaultTrigger, fault: Fault): void;
  drop(target?: FaultTarget): number;
  /** @param code default: 1012, as when the service is redeployed */
  close(code?: number, reason?: string, target?: FaultTarget): number;
  halfOpen(target?: FaultTarget): number;
  cutFrame(target?: FaultTarget): number;
  corruptFrame(target?: FaultTarget): number;
  /** @param bytesPerSecond of each connection; 0: as fast as it goes */
  slow(bytesPerSecond: number, target?: FaultTarget): number;
  delay(ms: number, target?: FaultTarget): number;
  /** @param times default: 1 */
  busyOwner(times?: number, target?: FaultTarget): void;
  /** @param times default: 1 */
  refuseAuth(times?: number, target?: FaultTarget): void;
  /** @param times default: 1 */
  refuseUpgrade(status: number, times?: number, target?: FaultTarget): void;
  /** Calls off everything that is still to come: schedules, refusals, delays, slowness. */
  clear(): void;
  /** How often each fault took effect: connections struck, frames cut or damaged, attaches and upgrades refused. */
  readonly counts: Readonly<Record<FaultType, number>>;
}

interface Refusal {
  type: "busyOwner" | "refuseAuth" | "refuseUpgrade";
  left: number;
  status: number;
  target: FaultTarget;
}

type Scheduled = { fault: Fault; target: FaultTarget } & ({ framesLeft: number } | { slot: bigint });

/** The simulator's own side of the faults: it is asked and told at each point where one can strike. */
export class FaultInjector implements Faults, LinkWatch {
  readonly counts: Record<FaultType, number> = {
    drop: 0,
    close: 0,
    halfOpen: 0,
    cutFrame: 0,
    corruptFrame: 0,
    slow: 0,
    delay: 0,
    busyOwner: 0,
    refuseAuth: 0,
    refuseUpgrade: 0,
  };
  readonly #links = new Set<Link>();
  #refusals: Refusal[] = [];
  /** What holds for connections to come too. */
  #standing: (Extract<Fault, { type: "delay" | "slow" }> & { target: FaultTarget })[] = [];
  #scheduled: Scheduled[] = [];

  apply(fault: Fault): number {
    const { target = {} } = fault;
    switch (fault.type) {
      case "drop":
        return this.#strike(fault, (link) => link.terminate());
      case "close":
        return this.#strike(fault, (link) => link.close(fault.code, fault.reason ?? ""));
      case "halfOpen":
        return this.#strike(fault, (link) => link.deafen());
      case "cutFrame":
        return this.#matching(target).filter((link) => link.cutNextFrame()).length;
      case "corruptFrame":
        return this.#matching(target).filter((link) => link.corruptNextFrame()).length;
      case "delay":
      case "slow":
        // A later one for the same target stands in for the one before; a wider one for all that it covers.
        this.#standing = this.#standing.filter(({ type, target: own }) => type !== fault.type || !covers(target, own));
        this.#standing.push({ ...fault, target });
        return this.#strike(fault, (link) => impose(fault, link));
      case "busyOwner":
      case "refuseAuth":
      case "refuseUpgrade": {
        const status = fault.type === "refuseUpgrade" ? fault.status : 401;
        const aimed = fault.type === "refuseAuth" ? { channel: "control" as const, ...target } : target;
        this.#refusals.push({ type: fault.type, left: fault.times, status, target: aimed });
        return 0;
      }
    }
  }

  schedule(trigger: FaultTrigger, fault: Fault): void {
    const target = trigger.target ?? {};
    const scheduled = { fault: { ...fault, target: fault.target ?? target }, target };
    this.#scheduled.push(
      "atSlot" in trigger ? { ...scheduled, slot: BigInt(trigger.atSlot) } : { ...scheduled, framesLeft: trigger.afterFrames },
    );
  }

  drop(target?: FaultTarget): number {
    return this.apply({ type: "drop", ...aim(target) });
  }

  close(code = 1012, reason = "", target?: FaultTarget): number {
    return this.apply({ type: "close", code, reason, ...aim(target) });
  }

  halfOpen(target?: FaultTarget): number {
    return this.apply({ type: "halfOpen", ...aim(target) });
  }

  cutFrame(target?: FaultTarget): number {
    return this.apply({ type: "cutFrame", ...aim(target) });
  }

  corruptFrame(target?: FaultTarget): number {
    return this.apply({ type: "corruptFrame", ...aim(target) });
  }

  slow(bytesPerSecond: number, target?: FaultTarget): number {
    return this.apply({ type: "slow", bytesPerSecond, ...aim(target) });
  }

  delay(ms: number, target?: FaultTarget): number {
    return this.apply({ type: "delay", ms, ...aim(target) });
  }

  busyOwner(times = 1, target?: FaultTarget): void {
    this.apply({ type: "busyOwner", times, ...aim(target) });
  }

  refuseAuth(times = 1, target?: FaultTarget): void {
    this.apply({ type: "refuseAuth", times, ...aim(target) });
  }

  refuseUpgrade(status: number, times = 1, target?: FaultTarget): void {
    this.apply({ type: "refuseUpgrade", status, times, ...aim(target) });
  }

  clear(): void {
    this.#refusals = [];
    this.#scheduled = [];
    this.#standing = [];
    for (const link of this.#links) this.sessionKnown(link);
  }

  opened(link: Link): void {
    this.#links.add(link);
    this.sessionKnown(link);
  }

  closed(link: Link): void {
    this.#links.delete(link);
  }

  /** A connection has opened, or a control connection now belongs to a session: what stands may be aimed at it. */
  sessionKnown(link: Link): void {
    for (const type of ["delay", "slow"] as const) {
      const standing = this.#standing.findLast((fault) => fault.type === type && matches(fault.target, link));
      impose(standing ?? NOTHING[type], link);
    }
  }

  frameSent(link: Link): void {
    if (this.#scheduled.length > 0) {
      this.#fire((scheduled) => "framesLeft" in scheduled && matches(scheduled.target, link) && --scheduled.framesLeft <= 0);
    }
  }

  tookEffect(type: "cutFrame" | "corruptFrame"): void {
    this.counts[type]++;
  }

  /** A session, or the parallel run that it is a part of, may be what a schedule is aimed at. `flush`: sends what it has said. */
  slotExecuted(
    { sessionId, controlSessionId }: { sessionId: string; controlSessionId: string | undefined },
    slot: bigint,
    flush: () => void,
  ): void {
    if (this.#scheduled.length > 0) {
      flush();
      this.#fire(
        (scheduled) =>
          "slot" in scheduled &&
          scheduled.slot === slot &&
          [undefined, sessionId, controlSessionId].includes(scheduled.target.sessionId),
      );
    }
  }

  /** The status that an upgrade is to be refused with, if it is. */
  refusalOfUpgrade(channel: Channel, sessionId: string | undefined): number | undefined {
    return this.#takeRefusal(["refuseAuth", "refuseUpgrade"], { channel, sessionId })?.status;
  }

  /** Whether an attach is to be answered as if somebody else held the session. */
  isOwnerBusy(sessionId: string): boolean {
    return this.#takeRefusal(["busyOwner"], { channel: "control", sessionId }) !== undefined;
  }

  /** Cuts every connection: the simulator is closed. */
  terminateAll(): void {
    for (const link of [...this.#links]) link.terminate();
  }

  #strike(fault: Fault, strike: (link: Link) => void): number {
    const links = this.#matching(fault.target ?? {});
    for (const link of links) strike(link);
    this.counts[fault.type] += links.length;
    return links.length;
  }

  #matching(target: FaultTarget): Link[] {
    return [...this.#links].filter((link) => matches(target, link));
  }

  #fire(isDue: (scheduled: Scheduled) => boolean): void {
    const due = this.#scheduled.filter(isDue);
    if (due.length === 0) return;
    // Taken out first: what strikes may send, and so come back here.
    this.#scheduled = this.#scheduled.filter((scheduled) => !due.includes(scheduled));
    for (const { fault } of due) this.apply(fault);
  }

  #takeRefusal(types: Refusal["type"][], link: Pick<Link, "channel" | "sessionId">): Refusal | undefined {
    const refusal = this.#refusals.find(({ type, target }) => types.includes(type) && matches(target, link));
    if (refusal === undefined) return undefined;
    refusal.left--;
    if (refusal.left <= 0) this.#refusals = this.#refusals.filter((other) => other !== refusal);
    this.counts[refusal.type]++;
    return refusal;
  }
}

/** What ends a fault that stands. */
const NOTHING = { delay: { type: "delay", ms: 0 }, slow: { type: "slow", bytesPerSecond: 0 } } as const;

function impose(fault: Extract<Fault, { type: "delay" | "slow" }>, link: Link): void {
  if (fault.type === "delay") link.delay(fault.ms);
  else link.slow(fault.bytesPerSecond);
}

function aim(target: FaultTarget | undefined): { target?: FaultTarget } {
  return target === undefined ? {} : { target };
}

function matches({ channel, sessionId }: FaultTarget, link: Pick<Link, "channel" | "sessionId">): boolean {
  return (channel === undefined || channel === link.channel) && (sessionId === undefined || sessionId === link.sessionId);
}

/** Whether all that `narrow` matches is matched by `wide` too. */
function covers(wide: FaultTarget, narrow: FaultTarget): boolean {
  return (
    (wide.channel === undefined || wide.channel === narrow.channel) &&
    (wide.sessionId === undefined || wide.sessionId === narrow.sessionId)
  );
}
