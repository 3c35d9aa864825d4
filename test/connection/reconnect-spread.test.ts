import { expect, test } from "vitest";
import { type Input, initialState, type MachineState } from "../../src/connection/connection-state.js";
import { transition } from "../../src/connection/machine.js";
import { seededRandom } from "../chaos/chaos-random.js";
import { OPTIONS } from "./machine-walk.js";

const CLIENTS = 100;
const SEEDS = 20;
const BIN_MS = 100;

/**
 * Returns the times of a client's reconnect attempts, in ms after the client lost its connection. Each attempt before `backAt`
 * fails at once. The list ends with the first attempt at or after `backAt`.
 */
function attemptsOf(random: () => number, backAt: number): number[] {
  const attempts: number[] = [];
  let state: MachineState = initialState(0);
  let now = 0;
  const feed = (type: "start" | "opened" | "ready" | "timer" | "lost"): void => {
    const input = { at: now, random: random(), ...(type === "lost" ? { type, reason: "gone" } : { type }) } as Input;
    ({ state } = transition(state, input, OPTIONS));
  };
  for (const type of ["start", "opened", "ready", "lost"] as const) feed(type);
  while (attempts.length === 0 || now < backAt) {
    now = state.retryAt ?? now;
    feed("timer");
    attempts.push(now);
    if (now < backAt) feed("lost");
  }
  return attempts;
}

function meanOver(measure: (random: () => number) => number): number {
  let sum = 0;
  for (let seed = 1; seed <= SEEDS; seed++) sum += measure(seededRandom(seed));
  return sum / SEEDS;
}

test("if 100 clients lose their server, at most 12 of them start to reconnect in the busiest 100 ms (mean of 20 seeds)", () => {
  const busiest = meanOver((random) => {
    const bins = new Map<number, number>();
    for (let client = 0; client < CLIENTS; client++) {
      const bin = Math.floor((attemptsOf(random, 0)[0] as number) / BIN_MS);
      bins.set(bin, (bins.get(bin) ?? 0) + 1);
    }
    return Math.max(...bins.values()) / CLIENTS;
  });
  expect(busiest).toBeLessThanOrEqual(0.12);
});

test("if a server returns after 1 s, a client reconnects within another 0.85 s on average", () => {
  const late = meanOver((random) => {
    let sum = 0;
    for (let client = 0; client < CLIENTS; client++) sum += (attemptsOf(random, 1_000).at(-1) as number) - 1_000;
    return sum / CLIENTS;
  });
  expect(late).toBeLessThanOrEqual(850);
  expect(late).toBeGreaterThan(0);
});
