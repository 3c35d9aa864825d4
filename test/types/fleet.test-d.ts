import { describe, expectTypeOf, test } from "vitest";
import type { RecordSource } from "../../src/compare/index.js";
import {
  createFleet,
  type FleetPlan,
  type FleetWorkerEvents,
  type JobProgress,
  openFleet,
  type Strategy,
  startFleetWorker,
} from "../../src/fleet/index.js";

const plan: FleetPlan = { url: "ws://host", ranges: [{ startSlot: 1n, endSlot: 2 }] };

describe("fleet", () => {
  test("createFleet and openFleet require a connection to a folder or to Redis", () => {
    expectTypeOf(createFleet({ connection: { folder: "records" }, plan })).resolves.toHaveProperty("jobs");
    expectTypeOf(openFleet).parameter(0).toHaveProperty("connection");
    // @ts-expect-error a connection is needed
    void createFleet({ plan });
  });

  test("each event of a fleet worker has its own value type", async () => {
    const worker = await startFleetWorker({ connection: { redis: "redis://host" }, concurrency: 2 });
    worker.on("progress", (progress) => expectTypeOf(progress).toEqualTypeOf<JobProgress>());
    worker.on("failed", ({ failure }) => expectTypeOf(failure.code).toEqualTypeOf<string>());
    // @ts-expect-error there is no such event
    worker.on("finished", () => {});
    expectTypeOf<FleetWorkerEvents["completed"]["tally"]["slots"]>().toEqualTypeOf<number>();
  });

  test("the slots of a fleet's jobs are bigint, and its records are sources for compareRuns", async () => {
    const fleet = await openFleet({ connection: { folder: "records" } });
    expectTypeOf(fleet.jobs[0]?.startSlot).toEqualTypeOf<bigint | undefined>();
    expectTypeOf(fleet.record("id")).resolves.toEqualTypeOf<RecordSource>();
  });

  test("the strategy of a fleet is allowed to return an iterator of events", () => {
    const strategy: Strategy = (session, { signal }) => session.run({ signal });
    expectTypeOf(strategy).toBeFunction();
  });
});
