import { describe, expect, it } from "vitest";
import { type JobManifest, newManifest } from "../../src/fleet/jobs/job-manifest.js";
import { FencedError, ManifestStore } from "../../src/fleet/jobs/manifest-store.js";
import { MemoryStore } from "./memory-store.js";

const JOB = { id: "100-109.baseline" };
const FOLDER = "jobs/100-109.baseline";

function open(store = new MemoryStore()) {
  return { store, manifests: new ManifestStore(store, JOB, "ndjson") };
}

/** Writes the manifest with which a worker takes over a job. */
function takeOver(manifests: ManifestStore, found: JobManifest, owner: string): Promise<JobManifest> {
  return manifests.replace(found, { state: "running", owner, epoch: found.generation + 1 });
}

describe("the manifests of a job", () => {
  it("a job without a manifest has the state `waiting`", async () => {
    expect(await open().manifests.load()).toEqual(newManifest("ndjson"));
  });

  it("load() returns the newest manifest, and replace() deletes the older manifests", async () => {
    const { store, manifests } = open();
    const first = await takeOver(manifests, await manifests.load(), "a");
    const second = await manifests.replace(first, { seconds: 5 });
    expect(await manifests.load()).toEqual(second);
    expect([...store.objects.keys()]).toEqual([`${FOLDER}/manifest-000000002.json`]);
  });

  it("if two workers take a job over at the same time, replace() rejects with FencedError for one of the workers", async () => {
    const { manifests } = open();
    const found = await manifests.load();
    const results = await Promise.allSettled([takeOver(manifests, found, "a"), takeOver(manifests, found, "b")]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find(({ status }) => status === "rejected")).toMatchObject({ reason: expect.any(FencedError) });
  });

  it("replace() rejects with FencedError for a worker that has lost its job", async () => {
    const { store, manifests } = open();
    const slow = await takeOver(manifests, await manifests.load(), "slow");
    let current = await takeOver(manifests, slow, "fast");
    for (let save = 0; save < 5; save++) current = await manifests.replace(current, { seconds: save });
    await expect(manifests.replace(slow, { seconds: 99 })).rejects.toThrow(FencedError);
    expect(await manifests.load()).toEqual(current);
    expect(store.objects.size).toBe(1);
  });

  it("replace() succeeds if the store sends a write again because the first response was lost", async () => {
    const { store, manifests } = open();
    const create = store.create.bind(store);
    // Writes twice. The first write creates the object. The second write returns `false`, because the object exists.
    store.create = async (name, bytes) => {
      await create(name, bytes);
      return create(name, bytes);
    };
    expect((await takeOver(manifests, await manifests.load(), "a")).owner).toBe("a");
  });

  it("cutBack deletes the segments that earlier workers wrote after the last checkpoint", async () => {
    const { store, manifests } = open();
    const first = await takeOver(manifests, await manifests.load(), "a");
    await manifests.writeSegment("000000001-000001.ndjson", Buffer.from("named"));
    const saved = await manifests.replace(first, { segments: [{ name: "000000001-000001.ndjson", bytes: 5 }] });
    await manifests.writeSegment("000000001-000002.ndjson", Buffer.from("after the last checkpoint"));
    const second = await takeOver(manifests, saved, "b");
    // A third worker has already taken the job over and written a segment.
    await manifests.writeSegment("000000009-000001.ndjson", Buffer.from("later"));
    await manifests.cutBack(second);
    expect([...store.objects.keys()].filter((name) => name.endsWith(".ndjson"))).toEqual([
      `${FOLDER}/000000001-000001.ndjson`,
      `${FOLDER}/000000009-000001.ndjson`,
    ]);
  });

  it.each([
    ["text that is not JSON", "{", "not JSON"],
    ["another version", '{"version":2}', "version"],
  ])("load() refuses a manifest that contains %s", async (_, text, problem) => {
    const { store, manifests } = open();
    store.objects.set(`${FOLDER}/manifest-000000001.json`, Buffer.from(text));
    await expect(manifests.load()).rejects.toMatchObject({ code: "sink", message: expect.stringContaining(problem) });
  });
});
