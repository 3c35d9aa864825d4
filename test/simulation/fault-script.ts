import type { Channel } from "../../src/local/link/link.js";
import type { Scenario } from "./scenario.js";
import type { SeededRandom } from "./seeded-random.js";

/** The time of a fault: ms after the start, or the number of frames that have reached the client. */
export type When = { ms: number } | { frames: number };

/** The effect of a fault. Plain data, so that a script can be printed, shrunk and replayed. */
export type FaultAction =
  /** Cuts open connections after a number of bytes in one direction. */
  | { type: "cut"; channel?: Channel; direction: "up" | "down"; bytes: number }
  | { type: "reset"; channel?: Channel }
  /** Closes open connections with a code. With `losesData`, data in transit is lost. */
  | { type: "close"; channel?: Channel; code: number; losesData: boolean }
  /** Resets open connections. The server closes its end at once, but the client detects the reset only after `ms`. */
  | { type: "lateClose"; channel?: Channel; ms: number }
  | { type: "halfOpen"; channel?: Channel; direction: "up" | "down" | "both" }
  | { type: "delay"; ms: number; forMs: number }
  | { type: "drip"; bytesPerSecond: number; forMs: number }
  /** Damages the next frame of each open connection of the channel. */
  | { type: "corrupt"; channel: Channel }
  /** Refuses the next upgrades, and resets open connections so that they reconnect. */
  | { type: "refuseUpgrade"; channel?: Channel; status: number; times: number }
  /** Answers the next subscribe requests with an error, and resets the subscription connections. */
  | { type: "refuseSubscribe"; code: number; times: number }
  /** Answers the next attach requests with `sessionOwnershipBusy`, and resets the control connection. */
  | { type: "busyOwner"; times: number }
  /**
   * Loses the next create request, or its response if `reachesServer` is `true`. Afterwards, the connection is silent
   * (`isSilent`) or reset.
   */
  | { type: "lostCreate"; reachesServer: boolean; isSilent: boolean }
  /** Loses the next continue request or its response. The fields have the same meaning as in `lostCreate`. */
  | { type: "lostContinue"; reachesServer: boolean; isSilent: boolean }
  | { type: "restart"; keepsSessions: boolean; downMs: number; code: number | undefined }
  /** The server is down for `downMs`. Afterwards, the server has only the newest messages of its history. */
  | { type: "evict"; downMs: number; keepsNotifications: number; keepsResponses: number }
  | { type: "sleep"; ms: number; timersStandStill: boolean }
  | { type: "clockStep"; ms: number }
  /** The page is frozen, as in a background tab or in the back/forward cache. */
  | { type: "freeze"; ms: number }
  | { type: "offline"; ms: number }
  /** Takes a checkpoint. Later, the process is killed, and other processes resume the session. */
  | { type: "killAndResume"; killMs: number; resumeMs: number; resumers: 1 | 2 }
  | { type: "detachAndResume"; resumeMs: number }
  /** Resets all connections repeatedly. */
  | { type: "flap"; times: number; everyMs: number }
  | { type: "shutdown" }
  | { type: "detach" }
  | { type: "closeClient" };

export interface ScriptedFault {
  when: When;
  action: FaultAction;
}

const STATUSES = [400, 401, 403, 404, 408, 429, 500, 502, 503, 504];

/** Generates the faults of a simulation. */
export function drawFaults(random: SeededRandom, scenario: Scenario): ScriptedFault[] {
  if (scenario.isFlapping) {
    return [{ when: { ms: 2_000 }, action: { type: "flap", times: random.int(8, 10), everyMs: random.int(6_000, 8_000) } }];
  }
  const count = random.weighted([
    [1, 0],
    [3, 1],
    [3, 2],
    [2, 3],
    [2, random.int(4, 7)],
  ]);
  const faults = Array.from({ length: count }, () => drawFault(random, scenario));
  // Keeps at most one `corrupt` fault. Two faults could damage the same frame twice, and the client would then report a gap.
  let corruptions = 0;
  return faults.filter(({ action }) => action.type !== "corrupt" || corruptions++ === 0);
}

/** Generates a fault. A `lostCreate` fault is always scheduled for the start of the simulation. */
function drawFault(random: SeededRandom, scenario: Scenario): ScriptedFault {
  const when = drawWhen(random, scenario);
  const action = drawAction(random, scenario);
  return { when: action.type === "lostCreate" ? { ms: 0 } : when, action };
}

function drawWhen(random: SeededRandom, { create, server, subscriptions, step }: Scenario): When {
  const slots = create.endSlot - create.startSlot + 1;
  if (random.chance(0.6)) {
    const perSlot = 1 + subscriptions.length * (server.transactionsPerSlot ?? 1) + (step === undefined ? 0 : 4 / step);
    return { frames: random.int(0, Math.ceil(slots * perSlot)) };
  }
  return { ms: random.int(0, 400 + slots * (server.slotDelayMs ?? 0) + 200 * (step === undefined ? 0 : slots / step)) };
}

function drawAction(random: SeededRandom, { hasPage, isParallel }: Scenario): FaultAction {
  const channel = random.pick<Channel | undefined>([undefined, "control", "subscription"]);
  const aimed = channel === undefined ? {} : { channel };
  const direction = random.pick(["up", "down", "both"] as const);
  return random.weighted<() => FaultAction>([
    [
      4,
      () => ({
        type: "cut",
        ...aimed,
        direction: random.pick(["up", "down"]),
        bytes: random.int(0, random.pick([20, 600, 8_000])),
      }),
    ],
    [3, () => ({ type: "reset", ...aimed })],
    [
      2,
      () => ({ type: "close", ...aimed, code: random.pick([1000, 1001, 1006, 1011, 1012, 1013]), losesData: random.chance(0.5) }),
    ],
    [1, () => ({ type: "lateClose", ...aimed, ms: random.int(100, 30_000) })],
    [2, () => ({ type: "halfOpen", ...aimed, direction })],
    [1, () => ({ type: "delay", ms: random.int(50, 5_000), forMs: random.int(100, 20_000) })],
    [1, () => ({ type: "drip", bytesPerSecond: random.int(200, 20_000), forMs: random.int(100, 20_000) })],
    [1.5, () => ({ type: "corrupt", channel: channel ?? "subscription" })],
    [2, () => ({ type: "refuseUpgrade", ...aimed, status: random.pick(STATUSES), times: random.int(1, 4) })],
    [1.5, () => ({ type: "refuseSubscribe", code: random.pick([-32603, -32005, -32000, -32602]), times: random.int(1, 3) })],
    [1, () => ({ type: "busyOwner", times: random.int(1, 3) })],
    // The weight is higher in parallel runs, because a parallel run can expire before the client detects this fault.
    [
      isParallel ? 3 : 1,
      () => ({ type: "lostCreate", reachesServer: random.chance(0.6), isSilent: random.chance(isParallel ? 0.7 : 0.4) }),
    ],
    [2, () => ({ type: "lostContinue", reachesServer: random.chance(0.4), isSilent: random.chance(0.3) })],
    [
      2,
      () => ({
        type: "restart",
        keepsSessions: random.chance(0.75),
        downMs: random.int(0, 20_000),
        code: random.pick([undefined, 1012]),
      }),
    ],
    [
      2,
      () => ({
        type: "evict",
        downMs: random.int(100, 8_000),
        keepsNotifications: random.int(0, 12),
        // The server keeps at least one response. Its sequence number shows the client that earlier responses are missing.
        keepsResponses: random.chance(0.5) ? 10_000 : random.int(1, 4),
      }),
    ],
    [1, () => ({ type: "sleep", ms: random.int(500, 90_000), timersStandStill: random.chance(0.5) })],
    [1, () => ({ type: "clockStep", ms: random.int(-3_600_000, 3_600_000) })],
    [hasPage ? 2 : 0, () => ({ type: "freeze", ms: random.int(100, 120_000) })],
    [1, () => ({ type: "offline", ms: random.int(100, 60_000) })],
    [
      isParallel ? 0 : 3,
      () => ({
        type: "killAndResume",
        killMs: random.int(0, 500),
        resumeMs: random.int(0, 20_000),
        resumers: random.chance(0.8) ? 1 : 2,
      }),
    ],
    [isParallel ? 0 : 1, () => ({ type: "detachAndResume", resumeMs: random.int(0, 20_000) })],
    [0.7, () => ({ type: "shutdown" })],
    [isParallel ? 0 : 0.5, () => ({ type: "detach" })],
    [0.5, () => ({ type: "closeClient" })],
  ])();
}
