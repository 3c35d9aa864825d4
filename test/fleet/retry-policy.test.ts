import { describe, expect, it } from "vitest";
import { isNoCapacity, retryDelay } from "../../src/fleet/jobs/retry-policy.js";
import { reconnectDelay } from "../../src/fleet/queue/bullmq.js";
import { openQueue } from "../../src/fleet/queue/fleet-queue.js";
import { StartLimiter } from "../../src/fleet/queue/start-limiter.js";
import { WaitingJobs } from "../../src/fleet/queue/waiting-jobs.js";
import { SimulatorError } from "../../src/index.js";

describe("the delays and limits of a fleet", () => {
  it("retryDelay doubles the delay with each failure up to one minute, and shortens the delay randomly by up to half", () => {
    expect([0, 1, 2, 10, 50].map((failures) => retryDelay(failures, () => 0))).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
    expect([0, 1, 2, 10, 50].map((failures) => retryDelay(failures, () => 1))).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
  });

  it("reconnectDelay returns a random time between 0.5 s and 20 s for a reconnect to Redis", () => {
    expect([1, 2, 9].map((times) => reconnectDelay(times, () => 0))).toEqual([500, 500, 500]);
    expect([1, 2, 9].map((times) => reconnectDelay(times, () => 1))).toEqual([5_000, 10_000, 20_000]);
  });

  it("openQueue fails if Redis does not answer, and the error does not contain the password of Redis", async () => {
    const opening = openQueue({ redis: "redis://:secret@127.0.0.1:1" }, 300);
    await expect(opening).rejects.toMatchObject({ code: "unreachable", message: expect.not.stringContaining("secret") });
  });

  it("isNoCapacity returns true only if the simulator refused a session because of its capacity or a rate limit", () => {
    expect(
      isNoCapacity(new SimulatorError("create", "refused: session limit reached: at most 64 sessions can run at a time")),
    ).toBe(true);
    expect(isNoCapacity(new SimulatorError("create", "refused: no capacity available"))).toBe(true);
    expect(isNoCapacity(new SimulatorError("unreachable", "HTTP 429", { status: 429 }))).toBe(true);
    expect(isNoCapacity(new SimulatorError("create", "refused: the slots are not available"))).toBe(false);
    expect(isNoCapacity(new Error("no capacity"))).toBe(false);
  });

  it("WaitingJobs returns a job only after the job's delay and after the time set with pauseUntil()", () => {
    const jobs = new WaitingJobs<string>();
    expect(jobs.take(0)).toBeUndefined();
    jobs.add("later", 50);
    jobs.add("now");
    expect(jobs.take(0)).toEqual({ job: "now" });
    expect(jobs.take(10)).toEqual({ waitMs: 40 });
    jobs.pauseUntil(80);
    expect(jobs.take(60)).toEqual({ waitMs: 20 });
    expect(jobs.take(80)).toEqual({ job: "later" });
  });

  it("StartLimiter allows at most the configured number of starts within a window of time", () => {
    const limiter = new StartLimiter({ max: 2, durationMs: 100 });
    for (const at of [0, 30]) {
      expect(limiter.waitMs(at)).toBe(0);
      limiter.note(at);
    }
    expect(limiter.waitMs(40)).toBe(60);
    expect(limiter.waitMs(100)).toBe(0);
  });

  it("StartLimiter does not count a start that was made exactly one window ago", () => {
    const limiter = new StartLimiter({ max: 1, durationMs: 100 });
    limiter.note(0);
    expect(limiter.waitMs(100)).toBe(0);
    limiter.note(100);
    expect(limiter.waitMs(100)).toBe(100);
  });
});
