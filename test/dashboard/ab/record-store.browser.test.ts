import { afterEach, describe, expect, it } from "vitest";
import { RecordStore, StorageError } from "../../../demo/dashboard/ab/record-store.js";

const RUN = { kind: "file" as const, sourceLabel: "", programs: [], changes: [] };
let opened: RecordStore[] = [];

async function openStore(name: string, limits?: { maxBytes: number; maxRuns: number }) {
  const dropped: string[] = [];
  const handleDrop = (runs: { name: string }[]) => void dropped.push(...runs.map((run) => run.name));
  const store = await RecordStore.open({ name, handleDrop, ...(limits && { limits }) });
  opened.push(store);
  return { store, dropped };
}

async function add(store: RecordStore, name: string, ...chunks: string[]): Promise<number> {
  const id = await store.begin({ ...RUN, name });
  for (const chunk of chunks) await store.append(id, new TextEncoder().encode(chunk));
  await store.end(id, { state: "complete" });
  store.release(id);
  return id;
}

async function read(store: RecordStore, id: number): Promise<string> {
  let text = "";
  for await (const chunk of store.read(id)) text += new TextDecoder().decode(chunk);
  return text;
}

afterEach(async () => {
  for (const store of opened) store.close();
  opened = [];
  for (const { name = "" } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
});

describe("RecordStore", () => {
  it("RecordStore returns the pieces of a record in order, even after the store was opened again", async () => {
    const first = await openStore("order");
    const id = await add(first.store, "one", "a\n", "b\n", "c\n");
    first.store.close();
    const { store } = await openStore("order");
    expect(await read(store, id)).toBe("a\nb\nc\n");
    expect(await store.list()).toMatchObject([{ id, name: "one", bytes: 6, chunks: 3, state: "complete" }]);
  });

  it("RecordStore drops the oldest runs beyond the maximum number, and reports them", async () => {
    const { store, dropped } = await openStore("number", { maxBytes: 1_000, maxRuns: 2 });
    for (const name of ["one", "two", "three"]) await add(store, name, name);
    expect((await store.list()).map(({ name }) => name)).toEqual(["three", "two"]);
    expect(dropped).toEqual(["one"]);
  });

  it("RecordStore drops the oldest runs beyond the maximum size, but not the runs that are being compared", async () => {
    const { store, dropped } = await openStore("size", { maxBytes: 10, maxRuns: 20 });
    const kept = await add(store, "kept", "aaaa");
    store.keep(kept);
    await add(store, "dropped", "bbbb");
    await add(store, "new", "cccc");
    expect((await store.list()).map(({ name }) => name)).toEqual(["new", "kept"]);
    expect(dropped).toEqual(["dropped"]);
    store.release(kept);
    await add(store, "newer", "dddd");
    expect(dropped).toEqual(["dropped", "kept"]);
  });

  it("RecordStore refuses data that would exceed the size limit, and keeps the data stored before", async () => {
    const { store } = await openStore("limit", { maxBytes: 10, maxRuns: 20 });
    const id = await store.begin({ ...RUN, name: "large" });
    await store.append(id, new Uint8Array(8));
    await expect(store.append(id, new Uint8Array(8))).rejects.toThrow("The records are larger than the limit of 10 B");
    await expect(store.append(id, new Uint8Array(8))).rejects.toBeInstanceOf(StorageError);
    expect(await store.get(id)).toMatchObject({ bytes: 8, chunks: 1 });
  });

  it("if the browser has no storage left, RecordStore drops old runs, and throws if there is no run to drop", async () => {
    const { store, dropped } = await openStore("quota");
    await add(store, "old", "aaaa");
    const id = await store.begin({ ...RUN, name: "new" });
    const put = IDBObjectStore.prototype.put;
    let isFull = true;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...args: Parameters<typeof put>) {
      if (!isFull) return put.apply(this, args);
      throw new DOMException("full", "QuotaExceededError");
    };
    try {
      await expect(store.append(id, new Uint8Array(4))).rejects.toThrow("The browser has no storage left for this page.");
      expect(dropped).toEqual(["old"]);
      isFull = false;
      await store.append(id, new Uint8Array(4));
    } finally {
      IDBObjectStore.prototype.put = put;
    }
    expect((await store.list()).map(({ name, bytes }) => [name, bytes])).toEqual([["new", 4]]);
  });

  it("RecordStore lists a run as incomplete if its page was closed during the run", async () => {
    const first = await openStore("closed");
    const id = await first.store.begin({ ...RUN, name: "cut" });
    await first.store.append(id, new Uint8Array(3));
    expect(await first.store.list()).toMatchObject([{ state: "recording", bytes: 3 }]);
    const { store } = await openStore("closed");
    expect(await store.list()).toMatchObject([{ state: "incomplete", bytes: 3 }]);
  });

  it("RecordStore deletes all runs except the one that is being written", async () => {
    const { store } = await openStore("clear");
    const deleted = await add(store, "done", "a");
    const id = await store.begin({ ...RUN, name: "writing" });
    await store.clear();
    await store.append(id, new Uint8Array(1));
    expect((await store.list()).map(({ name }) => name)).toEqual(["writing"]);
    await expect(read(store, deleted)).rejects.toThrow("This record was deleted");
    await store.delete(id);
    await expect(store.append(id, new Uint8Array(1))).rejects.toThrow("This record was deleted");
  });
});
