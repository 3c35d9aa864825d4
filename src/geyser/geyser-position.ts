import { shortKey } from "../channels/event-key.js";
import { checkSlotEvents, type SessionRange } from "../channels/slot-check.js";
import type { SlotGap } from "../channels/subscription-gap-tracker.js";
import { SubscriptionStream } from "../channels/subscription-stream.js";
import type { ReadUpdate } from "./geyser-events.js";

/** Maximum number of slots by which a replay goes back. `finalized` updates arrive about 32 slots after the other updates. */
const MAX_LAG = 32n;

/** What to do with an update. */
export type UpdateVerdict =
  | { action: "deliver"; gap: SlotGap | undefined }
  | { action: "drop" }
  /** The update is reported as `unrecognized`, because its slot is invalid. */
  | { action: "skip"; problem: string };

export interface GeyserPositionOptions {
  /** The id of the subscription, see `Subscription.id`. */
  subscriptionId: string;
  /** The slot from which updates are requested. `undefined` if neither the session's range nor `fromSlot` is known. */
  firstSlot: bigint | undefined;
  /** The range of the session. `undefined` if it is unknown. */
  range: SessionRange | undefined;
}

/**
 * The position of a Geyser stream. Each class of updates has its own cursor, because updates of different classes are not in slot
 * order. For example, the status `finalized` of a slot arrives long after the transactions of the next slot.
 */
export class GeyserPosition {
  readonly #options: GeyserPositionOptions;
  readonly #streams = new Map<string, SubscriptionStream>();
  /** The slot from which the client requested updates on the current connection. */
  #from: bigint | undefined;
  /** The first slot of a gap (missing updates) that was not reported yet. */
  #missingFrom: bigint | undefined;
  /** The first slot that the server can replay. Set only after the server has refused an earlier slot. */
  #firstAvailable: bigint | undefined;

  constructor(options: GeyserPositionOptions) {
    this.#options = options;
  }

  /** The highest received slot. */
  get highest(): bigint | undefined {
    let highest: bigint | undefined;
    for (const { received } of this.#streams.values()) {
      const { slot } = received;
      if (slot !== undefined && (highest === undefined || slot > highest)) highest = slot;
    }
    return highest;
  }

  /** The slot from which the next connection must replay, so that no update is missing. */
  get resumeSlot(): bigint | undefined {
    const highest = this.highest;
    if (highest === undefined) return this.#atLeast(this.#options.firstSlot);
    let from = highest;
    for (const { received } of this.#streams.values()) {
      const { slot } = received;
      if (slot !== undefined && slot < from && slot >= highest - MAX_LAG) from = slot;
    }
    return this.#atLeast(from);
  }

  /** Identifies the current position in the stream. Changes with each new update. */
  get fingerprint(): string {
    return [...this.#streams].map(([name, { received }]) => `${name} ${received.slot} ${received.keyCount}`).join();
  }

  /** Prepares for a new connection. @param from the first slot that the new connection requests; `undefined` if it requests none */
  restart(from: bigint | undefined): void {
    this.#from = from;
    this.#firstAvailable = undefined;
    for (const stream of this.#streams.values()) {
      stream.restart();
      const { slot } = stream.received;
      // The server replays from `from`. If `slot` is earlier, the missing updates of `slot` cannot arrive.
      if (from !== undefined && slot !== undefined && slot < from) stream.received.forgetMissing();
    }
  }

  /**
   * Records that the server cannot replay from `resumeSlot`.
   *
   * @param available the first slot that the server still has, if known
   */
  handleEvicted(available: bigint | undefined): void {
    const wanted = this.resumeSlot;
    if (wanted === undefined || (available !== undefined && available <= wanted)) return;
    this.#missingFrom ??= wanted;
    this.#firstAvailable = available;
  }

  /** Records that a damaged message was skipped. */
  handleSkipped(): void {
    this.#missingFrom ??= this.highest ?? this.#options.firstSlot ?? 0n;
  }

  /** Returns what to do with an update. @throws FatalFailure if a slot has too many updates */
  accept({ event: { slot }, updateClass, key }: ReadUpdate): UpdateVerdict {
    if (this.#from !== undefined && slot < this.#from && updateClass !== "startup") return { action: "drop" };
    const stream = this.#streamOf(updateClass);
    const problem = stream.slotCheck.findProblem(slot);
    if (problem !== undefined) return { action: "skip", problem };
    const gap = stream.gaps.gapBefore(slot);
    const position = shortKey(key);
    if (!stream.received.accept(slot, position)) return { action: "drop" };
    checkSlotEvents(stream.received.keyCount, slot, updateClass);
    return { action: "deliver", gap: this.#takeGap(slot) ?? gap };
  }

  /** Returns the gap at the end of the stream, if there is one. */
  gapAtEnd(): SlotGap | undefined {
    const last = this.#options.range?.endSlot ?? this.highest;
    if (this.#missingFrom !== undefined) return this.#takeGap(last ?? this.#missingFrom);
    for (const { gaps } of this.#streams.values()) {
      const gap = gaps.gapAtEnd(last);
      if (gap !== undefined) return gap;
    }
    return undefined;
  }

  #takeGap(slot: bigint): SlotGap | undefined {
    const expected = this.#missingFrom;
    if (expected === undefined) return undefined;
    this.#missingFrom = undefined;
    return { expected, got: slot > expected ? slot : expected };
  }

  #atLeast(slot: bigint | undefined): bigint | undefined {
    const available = this.#firstAvailable;
    return available !== undefined && (slot === undefined || available > slot) ? available : slot;
  }

  #streamOf(updateClass: string): SubscriptionStream {
    const known = this.#streams.get(updateClass);
    if (known !== undefined) return known;
    const { subscriptionId, range } = this.#options;
    // A server may send startup accounts and slot statuses for slots before the first slot of the session.
    const isEarly = updateClass === "startup" || updateClass.startsWith("slot ");
    const stream = new SubscriptionStream({
      filter: updateClass,
      subscriptionId,
      cursor: undefined,
      wasAcknowledged: false,
      range: range && isEarly ? { startSlot: 0n, endSlot: range.endSlot } : range,
    });
    this.#streams.set(updateClass, stream);
    return stream;
  }
}
