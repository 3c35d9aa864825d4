import { expect } from "vitest";
import { type ManagedEvent, transactionSignature } from "../../src/index.js";
import type { SessionRecord } from "../../src/local/session/simulator-record.js";

/** The events that one session delivered, and those that the simulator recorded. */
export interface Delivery {
  control: { delivered: string[]; recorded: string[] };
  /** The keys of the notifications, by stream. A stream's name is its kind and program, such as `accountDiff PROGRAM`. */
  streams: Record<string, { delivered: string[]; recorded: string[] }>;
  notifications: number;
}

/** Records the delivered events of a session as keys, for each channel. */
export class DeliveryLog {
  notifications = 0;
  readonly #control: string[] = [];
  readonly #streams = new Map<string, string[]>();

  add(event: ManagedEvent): void {
    const stream = streamOf(event);
    if (stream !== undefined) {
      this.notifications++;
      const keys = this.#streams.get(stream.name) ?? [];
      keys.push(stream.key);
      this.#streams.set(stream.name, keys);
    } else if (event.type !== "continuity" && event.type !== "unrecognized") {
      this.#control.push(controlKey(event));
    }
  }

  compareWith(record: SessionRecord | undefined, programs: readonly string[]): Delivery {
    if (record === undefined) throw new Error("the simulator has no record of the session");
    const streams = (["transaction", "accountDiff"] as const).flatMap((kind) =>
      programs.map((program) => {
        const name = `${kind} ${program}`;
        const recorded = record.notifications(kind, program).map(({ slot, key }) => `${slot} ${key}`);
        return [name, { delivered: this.#streams.get(name) ?? [], recorded }] as const;
      }),
    );
    return {
      control: {
        delivered: this.#control,
        recorded: record.control.flatMap(({ response }) => recordedKey(response as { method: string; params?: unknown })),
      },
      streams: Object.fromEntries(streams),
      notifications: this.notifications,
    };
  }
}

/** Expects each event exactly once and in order. @param least the smallest allowed number of events in a stream */
export function expectSameEvents({ control, streams }: Delivery, least: number): void {
  expect(control.delivered).toEqual(control.recorded);
  for (const [name, { delivered, recorded }] of Object.entries(streams)) {
    expect(recorded.length, name).toBeGreaterThan(least);
    expect(delivered, name).toEqual(recorded);
  }
}

function streamOf(event: ManagedEvent): { name: string; key: string } | undefined {
  switch (event.type) {
    case "transaction":
      return {
        name: `transaction ${event.program}`,
        key: `${event.transaction.slot} ${transactionSignature(event.transaction)}`,
      };
    case "accountDiff": {
      const { context, account, signature, txIndex } = event.diff;
      return { name: `accountDiff ${event.program}`, key: `${context.slot} ${account}|${signature}|${txIndex}` };
    }
    default:
      return undefined;
  }
}

function controlKey(event: ManagedEvent): string {
  switch (event.type) {
    case "slot":
      return `slot ${event.slot}`;
    case "status":
      return `status ${event.status}`;
    default:
      return event.type;
  }
}

/** Returns the key of the event that the client emits for a recorded response. */
function recordedKey({ method, params }: { method: string; params?: unknown }): string[] {
  switch (method) {
    case "slotNotification":
      return [`slot ${params}`];
    case "status":
      return [`status ${(params as { status: string }).status}`];
    case "sessionCreated":
    case "sessionAttached":
    case "success":
      return [];
    default:
      return [method];
  }
}
