import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { FileSink, StreamSink } from "../../../src/cli/run/record-sink.js";
import { capturedOutput } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();

describe("a record in a file", () => {
  it("stands aside until all of it is there", async () => {
    await writeFile(folder.path("run.csv"), "an earlier one");
    const sink = await FileSink.create(folder.path("run.csv"));
    sink.take("a,b\r\n");
    sink.take("€\r\n");
    expect(sink.bytes).toBe(10);
    await sink.sync();
    expect(await readFile(folder.path("run.csv"), "utf8")).toBe("an earlier one");
    expect(await readFile(folder.path("run.csv.partial"), "utf8")).toBe("a,b\r\n€\r\n");
    sink.take("end");
    await sink.finish();
    expect(await readdir(folder.path())).toEqual(["run.csv"]);
    expect(await readFile(folder.path("run.csv"), "utf8")).toBe("a,b\r\n€\r\nend");
  });

  it("is full when there is much to write, and not before", async () => {
    const sink = await FileSink.create(folder.path("run.ndjson"));
    sink.take("x".repeat(1_000));
    expect(sink.isFull).toBe(false);
    sink.take("x".repeat(300_000));
    expect(sink.isFull).toBe(true);
    await sink.flush();
    expect([sink.isFull, sink.bytes]).toEqual([false, 301_000]);
    await sink.discard();
  });

  it("is gone when it is discarded, and stays aside when it is left", async () => {
    const discarded = await FileSink.create(folder.path("a"));
    discarded.take("text");
    await discarded.flush();
    await discarded.discard();
    expect(await readdir(folder.path())).toEqual([]);
    const left = await FileSink.create(folder.path("b"));
    left.take("text");
    expect(await left.leave()).toBe(folder.path("b.partial"));
    expect(await readFile(folder.path("b.partial"), "utf8")).toBe("text");
  });

  it("goes on from a length, and cuts off what is behind it", async () => {
    await writeFile(folder.path("run.csv.partial"), "12345678");
    const sink = await FileSink.resume(folder.path("run.csv"), 3);
    expect(sink.bytes).toBe(3);
    sink.take("abc");
    await sink.finish();
    expect(await readFile(folder.path("run.csv"), "utf8")).toBe("123abc");
  });

  it("doesn't go on with what is shorter, or not there", async () => {
    await writeFile(folder.path("run.csv.partial"), "12");
    await expect(FileSink.resume(folder.path("run.csv"), 3)).rejects.toThrow("shorter than when the checkpoint was saved");
    await expect(FileSink.resume(folder.path("other.csv"), 3)).rejects.toThrow("delete the checkpoint");
    expect(await readFile(folder.path("run.csv.partial"), "utf8")).toBe("12");
  });

  it.each([
    ["a folder that isn't there", "missing/run.csv", "make it first"],
    ["a folder in its place", "folder", "it is a folder"],
    ["a file for a folder", "file/run.csv", "no folder"],
    ["a name that is too long", "x".repeat(300), "too long"],
  ])("tells of %s in one line", async (_, name, said) => {
    await mkdir(folder.path("folder"));
    await writeFile(folder.path("file"), "");
    const failed = FileSink.create(folder.path(name));
    await expect(failed).rejects.toThrow(said);
    await expect(failed).rejects.toThrow(/^cannot write [^\n]+$/);
  });

  // Where there is a device that is always full.
  if (existsSync("/dev/full"))
    it("tells of a full disk, and writes to a device as it is", async () => {
      const sink = await FileSink.create("/dev/full");
      sink.take("text");
      await expect(sink.flush()).rejects.toThrow(/^cannot write \/dev\/full: no space is left[^\n]+$/);
      await sink.discard();
      const nothing = await FileSink.create("/dev/null");
      nothing.take("text");
      await nothing.finish();
      const left = await FileSink.create("/dev/null");
      expect(await left.leave()).toBeUndefined();
    });
});

describe("a record on the standard output", () => {
  it("goes out as it comes", async () => {
    const out = capturedOutput();
    const sink = new StreamSink(out);
    sink.take("a\n");
    expect([sink.isFull, sink.bytes, out.text]).toEqual([true, 2, ""]);
    await sink.flush();
    sink.take("b\n");
    await sink.finish();
    expect([sink.isFull, sink.bytes, out.text]).toEqual([false, 4, "a\nb\n"]);
  });
});
