import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReconnectCoordinator, type ReconnectSlot, type StreamingGuard } from "../../src/connection/reconnect-coordinator.js";

/** The current outcome of a request for the permission to reconnect. */
type Outcome = "waiting" | "cancelled" | ReconnectSlot;

interface Request {
  outcome: Outcome;
  abort(): void;
}

function request(coordinator: ReconnectCoordinator, owner?: unknown): Request {
  const controller = new AbortController();
  const made: Request = { outcome: "waiting", abort: () => controller.abort() };
  void coordinator.reconnectSlot(controller.signal, owner).then((slot) => {
    made.outcome = slot ?? "cancelled";
  });
  return made;
}

/** Waits a few turns of the microtask queue, so that pending promises can settle. */
async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

const granted = ({ outcome }: Request): boolean => typeof outcome === "object";
const release = (made: Request): void => (granted(made) ? (made.outcome as ReconnectSlot).release() : undefined);

describe("the slot of a link without streams", () => {
  test("a connection gets the permission to reconnect immediately if no stream is active", async () => {
    const slot = await new ReconnectCoordinator().reconnectSlot();
    expect(slot).toBeDefined();
  });

  test("the coordinator lets one connection at a time reconnect, in the order of the requests", async () => {
    const coordinator = new ReconnectCoordinator();
    const requests = [1, 2, 3].map(() => request(coordinator));
    for (const [index, made] of requests.entries()) {
      await turn();
      expect(requests.map(granted)).toEqual(requests.map((_, other) => other <= index));
      release(made);
    }
  });

  test("a second call of ReconnectSlot.release has no effect", async () => {
    const coordinator = new ReconnectCoordinator();
    const [first, second, third] = [1, 2, 3].map(() => request(coordinator)) as [Request, Request, Request];
    await turn();
    release(first);
    release(first);
    await turn();
    expect([second, third].map(granted)).toEqual([true, false]);
    release(second);
    release(first);
    await turn();
    expect(granted(third)).toBe(true);
  });
});

describe("while a sibling streams", () => {
  test("a connection waits to reconnect until all active streams have ended", async () => {
    const coordinator = new ReconnectCoordinator();
    const streams = [coordinator.enter(), coordinator.enter()] as const;
    const made = request(coordinator);
    await turn();
    expect(granted(made)).toBe(false);
    streams[0].release();
    await turn();
    expect(granted(made)).toBe(false);
    streams[1].release();
    await turn();
    expect(granted(made)).toBe(true);
  });

  test("a second call of StreamingGuard.release has no effect", async () => {
    const coordinator = new ReconnectCoordinator();
    const [one, other] = [coordinator.enter(), coordinator.enter()];
    const made = request(coordinator);
    one.release();
    one.release();
    await turn();
    expect(granted(made)).toBe(false);
    other.release();
    await turn();
    expect(granted(made)).toBe(true);
  });

  test("the number of streams returns to zero when all streams have ended", async () => {
    const coordinator = new ReconnectCoordinator();
    for (let round = 0; round < 3; round++) {
      const guards = [1, 2, 3].map((owner) => coordinator.enter(owner));
      for (const guard of guards) guard.release();
      for (const guard of guards) guard.release();
      const made = request(coordinator, "another");
      await turn();
      expect(granted(made)).toBe(true);
      release(made);
    }
  });

  test("while a reconnected connection streams, other connections wait to reconnect", async () => {
    const coordinator = new ReconnectCoordinator();
    const [first, second] = [request(coordinator), request(coordinator)];
    await turn();
    const stream = coordinator.enter();
    release(first);
    await turn();
    expect(granted(second)).toBe(false);
    stream.release();
    await turn();
    expect(granted(second)).toBe(true);
  });
});

describe("the streams of an owner", () => {
  test("a connection can reconnect while other connections of its session receive data", async () => {
    const coordinator = new ReconnectCoordinator();
    coordinator.enter("a");
    coordinator.enter("a");
    const made = request(coordinator, "a");
    await turn();
    expect(granted(made)).toBe(true);
  });

  test("while a session streams, other sessions do not get the permission to reconnect", async () => {
    const coordinator = new ReconnectCoordinator();
    const stream = coordinator.enter("a");
    const [other, nobody] = [request(coordinator, "b"), request(coordinator)];
    await turn();
    expect([other, nobody].map(granted)).toEqual([false, false]);
    stream.release();
    await turn();
    expect([other, nobody].map(granted)).toEqual([true, false]);
  });

  test("a connection that waits for its turn to reconnect does not delay the reconnects of other connections", async () => {
    const coordinator = new ReconnectCoordinator();
    coordinator.enter("a");
    const [b, a] = [request(coordinator, "b"), request(coordinator, "a")];
    await turn();
    expect([b, a].map(granted)).toEqual([false, true]);
  });

  test("while another session receives data, a connection waits to reconnect even if its own session receives data", async () => {
    const coordinator = new ReconnectCoordinator();
    coordinator.enter("a");
    const sibling = coordinator.enter("b");
    const made = request(coordinator, "a");
    await turn();
    expect(granted(made)).toBe(false);
    sibling.release();
    await turn();
    expect(granted(made)).toBe(true);
  });
});

describe("a cancelled request", () => {
  test("a session does not get the permission to reconnect if its request is already aborted", async () => {
    const coordinator = new ReconnectCoordinator();
    expect(await coordinator.reconnectSlot(AbortSignal.abort())).toBeUndefined();
    expect(await coordinator.reconnectSlot()).toBeDefined();
  });

  test("a session does not get the permission to reconnect if its request is aborted during the wait", async () => {
    const coordinator = new ReconnectCoordinator();
    coordinator.enter();
    const made = request(coordinator);
    await turn();
    made.abort();
    await turn();
    expect(made.outcome).toBe("cancelled");
  });

  test("an aborted request for the permission to reconnect does not block the next request", async () => {
    const coordinator = new ReconnectCoordinator();
    const [holder, cancelled, behind] = [1, 2, 3].map(() => request(coordinator)) as [Request, Request, Request];
    await turn();
    cancelled.abort();
    release(holder);
    await turn();
    expect(cancelled.outcome).toBe("cancelled");
    expect(granted(behind)).toBe(true);
  });

  test("an abort signal that fires after the permission to reconnect was granted has no effect", async () => {
    const coordinator = new ReconnectCoordinator();
    const [holder, behind] = [request(coordinator), request(coordinator)];
    await turn();
    holder.abort();
    await turn();
    expect(granted(holder)).toBe(true);
    expect(granted(behind)).toBe(false);
    release(holder);
    await turn();
    expect(granted(behind)).toBe(true);
  });
});

describe("on random schedules", () => {
  const owner = fc.constantFrom("a", "b", "c", undefined);
  const index = fc.nat({ max: 30 });
  const action = fc.oneof(
    fc.record({ kind: fc.constant("enter" as const), owner }),
    fc.record({ kind: fc.constant("leave" as const), index }),
    fc.record({ kind: fc.constant("request" as const), owner }),
    fc.record({ kind: fc.constant("cancel" as const), index }),
    fc.record({ kind: fc.constant("release" as const), index }),
    fc.constant({ kind: "turn" as const }),
  );

  test("on random schedules, only one connection at a time has the permission to reconnect", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const coordinator = new ReconnectCoordinator();
        const streams: { guard: StreamingGuard; owner: unknown; isOver: boolean }[] = [];
        const requests: (Request & { owner: unknown; isReleased: boolean })[] = [];
        const out = (): typeof requests => requests.filter((made) => granted(made) && !made.isReleased);
        const pick = <T>(from: T[], at: number): T | undefined => from[at % Math.max(1, from.length)];
        const givenBefore = new Set<Request>();
        const checkPermissions = (): void => {
          expect(out().length).toBeLessThanOrEqual(1);
          for (const made of requests.filter((made) => granted(made) && !givenBefore.has(made))) {
            givenBefore.add(made);
            const others = streams.filter(({ isOver, owner }) => !isOver && (owner !== made.owner || owner === undefined));
            expect(others).toEqual([]);
          }
        };
        for (const act of actions) {
          // Lets the coordinator grant permissions, and checks them before the next action changes the streams.
          await turn();
          checkPermissions();
          if (act.kind === "enter") streams.push({ guard: coordinator.enter(act.owner), owner: act.owner, isOver: false });
          else if (act.kind === "request") {
            requests.push(Object.assign(request(coordinator, act.owner), { owner: act.owner, isReleased: false }));
          } else if (act.kind === "leave") {
            const stream = pick(streams, act.index);
            stream?.guard.release();
            if (stream) stream.isOver = true;
          } else if (act.kind === "cancel") pick(requests, act.index)?.abort();
          else if (act.kind === "release") {
            const made = pick(requests, act.index);
            if (made && granted(made)) {
              made.isReleased = true;
              release(made);
            }
          }
        }
        for (const { guard } of streams) guard.release();
        for (const stream of streams) stream.isOver = true;
        for (let left = requests.length; left > 0; left--) {
          await turn();
          checkPermissions();
          for (const made of out()) {
            made.isReleased = true;
            release(made);
          }
        }
        await turn();
        expect(requests.filter(({ outcome }) => outcome === "waiting")).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
