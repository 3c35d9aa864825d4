import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readRecord } from "../../src/compare/index.js";
import { newManifest } from "../../src/fleet/jobs/job-manifest.js";
import { runJob } from "../../src/fleet/jobs/job-runner.js";
import { ManifestStore } from "../../src/fleet/jobs/manifest-store.js";
import { defineFleet, jobsOf } from "../../src/fleet/plan/fleet-definition.js";
import { checkPlan } from "../../src/fleet/plan/fleet-plan.js";
import { recordOf } from "../../src/fleet/records.js";
import { openS3Store } from "../../src/fleet/sink/s3-store.js";
import { useFleetRig } from "./fleet-rig.js";
import { S3Rig } from "./s3-rig.js";

const rig = useFleetRig();
let s3: S3Rig;

beforeAll(async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  vi.stubEnv("AWS_REGION", "us-east-1");
  s3 = await S3Rig.start();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await s3.close();
});

const planOf = (prefix: string) => ({ kind: "s3" as const, bucket: s3.bucket, prefix, endpoint: s3.url });

describe("a sink in S3", () => {
  it("a sink in S3 writes, reads, lists and deletes objects", async () => {
    const store = await openS3Store(planOf("basic"));
    expect(await store.read("jobs/a/x")).toBeUndefined();
    await store.write("jobs/a/x", Buffer.from("1"));
    await store.write("jobs/a/x", Buffer.from("2"));
    await store.write("jobs/b/y", Buffer.from("3"));
    expect(Buffer.from((await store.read("jobs/a/x")) ?? []).toString()).toBe("2");
    expect(await store.list("jobs/a")).toEqual(["x"]);
    await store.remove(["jobs/a/x", "jobs/a/missing"]);
    expect(await store.list("jobs/a")).toEqual([]);
  });

  it("if several writers create the same object in S3 at the same time, only one writer succeeds", async () => {
    const store = await openS3Store(planOf("create"));
    const results = await Promise.all(["a", "b", "c", "d"].map((text) => store.create("one", Buffer.from(text))));
    expect(results.filter(Boolean)).toHaveLength(1);
  });

  it("a sink in S3 uploads a large object in parts", async () => {
    const store = await openS3Store(planOf("large"));
    const bytes = Buffer.alloc(17 * 1024 * 1024, "0123456789");
    s3.requests.length = 0;
    await store.write("large", bytes);
    expect(s3.requests.filter((line) => line.includes("partNumber="))).toHaveLength(3);
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.stream("large")) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it("openS3Store refuses a service that ignores conditional writes", async () => {
    const plan = { ...planOf("plain"), endpoint: s3.urlWithoutConditions };
    await expect(openS3Store(plan)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("ignores conditional writes"),
    });
  });

  it("openS3Store fails if the bucket does not exist", async () => {
    await expect(openS3Store({ ...planOf("x"), bucket: "missing" })).rejects.toMatchObject({ code: "sink" });
  });

  it("a job writes its record to S3, and readRecord can read it", async () => {
    const store = await openS3Store(planOf("run"));
    const plan = checkPlan({ ...rig.plan({ checkpointEveryMs: 10, advanceCount: 1 }), sink: planOf("run") });
    const definition = await defineFleet(plan, store, { baseFolder: rig.folder, bundles: async () => [] });
    const [job] = jobsOf(definition) as [ReturnType<typeof jobsOf>[number]];
    const signal = new AbortController().signal;
    const end = await runJob({ definition, job, store, owner: "a", simulator: { url: rig.simulator.url }, signal });
    expect(end).toMatchObject({ kind: "completed" });
    const { segments, state } = await new ManifestStore(store, job, "ndjson").load();
    expect(state).toBe("completed");
    expect(segments.length).toBeGreaterThan(1);
    let transactions = 0;
    for await (const entry of readRecord(await recordOf(definition, store, [job])))
      if (entry.type === "transaction") transactions++;
    expect(transactions).toBe(end.kind === "completed" ? end.result.tally.transactions : -1);
    expect(await new ManifestStore(store, { id: "other" }, "ndjson").load()).toEqual(newManifest("ndjson"));
  });
});
