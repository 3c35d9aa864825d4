import { checkFault, checkTrigger } from "./fault-checks.js";
import type { Fault, Faults, FaultTarget, FaultTrigger, FaultType } from "./faults.js";
import type { Channel, Link, LinkWatch } from "./link.js";

interface Refusal {
  type: "busyOwner" | "refuseAuth" | "refuseUpgrade";
  left: number;
  status: number;
  target: FaultTarget;
}

type Scheduled = { fault: Fault; target: FaultTarget } & ({ framesLeft: number } | { slot: bigint });

/** Injects faults. The simulator calls the methods of this class wherever a fault can be injected. */
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
  /** The faults `delay` and `slow`, which also apply to connections that are opened later. */
  #lasting: (Extract<Fault, { type: "delay" | "slow" }> & { target: FaultTarget })[] = [];
  #scheduled: Scheduled[] = [];

  apply(fault: Fault): number {
    checkFault(fault);
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
        // Removes earlier faults of the same type if their target is a part of the new target.
        this.#lasting = this.#lasting.filter(({ type, target: own }) => type !== fault.type || !covers(target, own));
        this.#lasting.push({ ...fault, target });
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
    checkTrigger(trigger);
    checkFault(fault);
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
    this.#lasting = [];
    for (const link of this.#links) this.sessionKnown(link);
  }

  opened(link: Link): void {
    this.#links.add(link);
    this.sessionKnown(link);
  }

  closed(link: Link): void {
    this.#links.delete(link);
  }

  /**
   * Applies the faults `delay` and `slow` to a connection. Called when the connection was opened, and when it was assigned to a
   * session.
   */
  sessionKnown(link: Link): void {
    for (const type of ["delay", "slow"] as const) {
      const lasting = this.#lasting.findLast((fault) => fault.type === type && matches(fault.target, link));
      impose(lasting ?? NOTHING[type], link);
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

  /**
   * Injects the faults that are scheduled for this slot, for the session or for its parallel run. Before that, calls `flush` to
   * send
   * pending frames.
   */
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

  /** Returns the HTTP status with which a fault refuses the next upgrade. `undefined` if there is no such fault. */
  refusalOfUpgrade(channel: Channel, sessionId: string | undefined): number | undefined {
    return this.#takeRefusal(["refuseAuth", "refuseUpgrade"], { channel, sessionId })?.status;
  }

  /** Whether to answer an attach request with `sessionOwnershipBusy`. */
  isOwnerBusy(sessionId: string): boolean {
    return this.#takeRefusal(["busyOwner"], { channel: "control", sessionId }) !== undefined;
  }

  /** Cuts all connections, because the simulator is being closed. */
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
    // Removes the due faults before applying them: a fault can send a frame, and each sent frame calls `#fire` again.
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

/** The value 0 removes a delay or a speed limit. */
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

/** Whether `wide` matches everything that `narrow` matches. */
function covers(wide: FaultTarget, narrow: FaultTarget): boolean {
  return (
    (wide.channel === undefined || wide.channel === narrow.channel) &&
    (wide.sessionId === undefined || wide.sessionId === narrow.sessionId)
  );
}
