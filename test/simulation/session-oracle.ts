import type { ContinuityEvent, ManagedEvent } from "../../src/channels/managed-events.js";
import type { SubscriptionKindName } from "../../src/channels/subscription-kinds.js";
import type { RecordedKind, SessionRecord } from "../../src/local/session/simulator-record.js";
import { controlKey, deliveredIdentity, type Identity, recordedControl, recordedIdentity } from "./event-identity.js";
import { type Gap, StreamOracle } from "./stream-oracle.js";

/** Converts the client's name of a subscription kind to the server's name. */
const recordedKind = (kind: SubscriptionKindName): RecordedKind => (kind === "singleAccountDiff" ? "accountDiffOf" : kind);

/** The streams of a subscription. */
export interface SubscribedStreams {
  kind: SubscriptionKindName;
  filters: readonly string[];
  config?: Readonly<Record<string, unknown>> | undefined;
}

/** The state of a `SessionOracle` at a checkpoint. */
export interface OracleState {
  streams: [string, ReturnType<StreamOracle["save"]>][];
  gaps: (Gap & { channel: string })[];
  events: number;
}

/** Compares the delivered events of a session with those that the server recorded. */
export class SessionOracle {
  /** Number of delivered events, including those that the client generated. */
  events = 0;
  isCompleted = false;
  readonly #record: () => SessionRecord | undefined;
  readonly #streams = new Map<string, StreamOracle>();
  #gaps: (Gap & { channel: string })[] = [];

  constructor(record: () => SessionRecord | undefined) {
    this.#record = record;
    this.#streams.set(
      "control",
      new StreamOracle("control", () => {
        const identities = (record()?.control ?? []).map(recordedControl).filter((identity) => identity !== undefined);
        // The stream ends with `completed`. Later responses in the record were sent to another client.
        const end = identities.findIndex(({ key }) => key === "completed");
        return end < 0 ? identities : identities.slice(0, end + 1);
      }),
    );
  }

  /** Adds the streams of a subscription to the expected streams. */
  subscribed({ kind, filters, config }: SubscribedStreams): void {
    for (const filter of filters) {
      const name = streamName(recordedKind(kind), filter);
      if (this.#streams.has(name)) continue;
      this.#streams.set(
        name,
        new StreamOracle(name, () =>
          (this.#record()?.notifications(recordedKind(kind), filter, config) ?? []).map((result) =>
            recordedIdentity(recordedKind(kind), result),
          ),
        ),
      );
    }
  }

  /** Stops expecting events of a subscription, because it failed. */
  unsubscribed(kind: SubscriptionKindName, filters: readonly string[]): void {
    for (const filter of filters) this.#streams.delete(streamName(recordedKind(kind), filter));
  }

  /**
   * Checks a delivered event. Returns the problem, if there is one.
   *
   * @param isOwnStream `true`: the event was read from its subscription. Such an event is allowed after `completed`
   */
  deliver(event: ManagedEvent, isOwnStream: boolean): string | undefined {
    this.events++;
    if (this.isCompleted && !isOwnStream) return `${event.type} was delivered after completed`;
    if (event.type === "completed") this.isCompleted = true;
    if (event.type === "continuity") {
      if (event.kind === "gap") {
        this.#gaps.push(toGap(event));
        // Skips the lost control events. `got` is the position of the first control event after the gap.
        if (event.channel === "control") this.#streams.get("control")?.skipTo(event.got);
      }
      return undefined;
    }
    if (event.type === "unrecognized") return undefined;
    const control = controlKey(event);
    if (control !== undefined) return this.#streams.get("control")?.deliver({ position: -1n, key: control });
    const identity = deliveredIdentity(event);
    if (identity === undefined) return `an event of an unknown type was delivered: ${event.type}`;
    const stream = this.#streams.get(streamName(identity.kind, identity.filter));
    if (stream === undefined) return `${event.type} was delivered, and nothing is subscribed to it: ${identity.filter}`;
    return stream.deliver(identity);
  }

  /**
   * Returns the problems of a session: missing events outside the reported gaps, and gaps although the server evicted nothing.
   *
   * @param isWhole `true`: the session should have delivered all events
   */
  problems(isWhole: boolean, wasEvicted: boolean): string[] {
    const problems: string[] = [];
    for (const stream of this.#streams.values()) {
      const missing = stream.missing(isWhole, wasEvicted);
      const uncovered = missing.filter((identity) => !this.#isCovered(stream.name, identity));
      const [first] = uncovered;
      if (first !== undefined) {
        problems.push(
          `${stream.name}: ${uncovered.length} events are missing without a gap, the first at ${first.position}: ${first.key.slice(0, 40)}`,
        );
      }
    }
    if (!wasEvicted && this.#gaps.length > 0) {
      problems.push(
        `a gap was reported, and nothing was evicted: ${this.#gaps.map(({ channel, expected, got }) => `${channel} ${expected} to ${got}`).join(", ")}`,
      );
    }
    return problems;
  }

  save(): OracleState {
    return {
      streams: [...this.#streams].map(([name, stream]) => [name, stream.save()]),
      gaps: [...this.#gaps],
      events: this.events,
    };
  }

  /** Returns a copy that continues from a checkpoint, with the same subscriptions. */
  resumed({ streams, gaps, events }: OracleState, subscriptions: readonly SubscribedStreams[]): SessionOracle {
    const copy = new SessionOracle(this.#record);
    for (const subscription of subscriptions) copy.subscribed(subscription);
    for (const [name, state] of streams) copy.#streams.get(name)?.restore(state);
    copy.#gaps = [...gaps];
    copy.events = events;
    return copy;
  }

  #isCovered(name: string, { position }: Identity): boolean {
    return this.#gaps.some(
      ({ channel, expected, got }) =>
        (channel === "control" ? name === "control" && position < got : name.startsWith(`${channel} `) && position <= got) &&
        position >= expected,
    );
  }
}

function streamName(kind: RecordedKind, filter: string): string {
  return `${kind} ${filter}`;
}

function toGap({ channel, expected, got }: Extract<ContinuityEvent, { kind: "gap" }>): Gap & { channel: string } {
  return { channel: channel === "control" ? channel : recordedKind(channel as SubscriptionKindName), expected, got };
}
