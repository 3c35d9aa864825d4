import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { FileSink, StreamSink } from "../../../src/cli/run/record-sink.js";
import { capturedOutput } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();

describe("FileSink", () => {
  it("FileSink writes a record to a partial file, and renames the file when the record is complete", async () => {
    await writeFile(folder.path("run.csv"), "an earlier one");
    const sink = await FileSink.create(folder.path("run.csv"), true);
    sink.append("a,b\r\n");
    sink.append("€\r\n");
    expect(sink.bytes).toBe(10);
    await sink.sync();
    expect(await readFile(folder.path("run.csv"), "utf8")).toBe("an earlier one");
    expect(await readFile(folder.path("run.csv.partial"), "utf8")).toBe("a,b\r\n€\r\n");
    sink.append("end");
    await sink.complete();
    expect(await readdir(folder.path())).toEqual(["run.csv"]);
    expect(await readFile(folder.path("run.csv"), "utf8")).toBe("a,b\r\n€\r\nend");
  });

  it("FileSink does not replace a file that another program created during the run, and keeps the partial record", async () => {
    const sink = await FileSink.create(folder.path("run.csv"), false);
    sink.append("text");
    await writeFile(folder.path("run.csv"), "precious");
    const completed = sink.complete();
    await expect(completed).rejects.toMatchObject({ code: "fileExists" });
    await expect(completed).rejects.toThrow("run.csv.partial");
    expect(await readFile(folder.path("run.csv"), "utf8")).toBe("precious");
    expect(await readFile(folder.path("run.csv.partial"), "utf8")).toBe("text");
  });

  it("FileSink requests a flush when it has buffered a batch of text", async () => {
    const sink = await FileSink.create(folder.path("run.ndjson"), false);
    sink.append("x".repeat(1_000));
    expect(sink.isFlushDue).toBe(false);
    sink.append("x".repeat(300_000));
    expect(sink.isFlushDue).toBe(true);
    await sink.flush();
    expect([sink.isFlushDue, sink.bytes]).toEqual([false, 301_000]);
    await sink.discard();
  });

  it("FileSink deletes the partial file when discard() is called, and keeps it when keepPartial() is called", async () => {
    const discarded = await FileSink.create(folder.path("a"), false);
    discarded.append("text");
    await discarded.flush();
    await discarded.discard();
    expect(await readdir(folder.path())).toEqual([]);
    const kept = await FileSink.create(folder.path("b"), false);
    kept.append("text");
    expect(await kept.keepPartial()).toBe(folder.path("b.partial"));
    expect(await readFile(folder.path("b.partial"), "utf8")).toBe("text");
  });

  it("FileSink resumes a partial record at a given length, and deletes the text after this position", async () => {
    await writeFile(folder.path("run.csv.partial"), "12345678");
    const sink = await FileSink.resume(folder.path("run.csv"), 3, false);
    expect(sink.bytes).toBe(3);
    sink.append("abc");
    await sink.complete();
    expect(await readFile(folder.path("run.csv"), "utf8")).toBe("123abc");
  });

  it("FileSink refuses to resume if the partial record is missing, or shorter than the given length", async () => {
    await writeFile(folder.path("run.csv.partial"), "12");
    await expect(FileSink.resume(folder.path("run.csv"), 3, false)).rejects.toThrow("shorter than when the checkpoint was saved");
    await expect(FileSink.resume(folder.path("other.csv"), 3, false)).rejects.toThrow("delete the checkpoint");
    expect(await readFile(folder.path("run.csv.partial"), "utf8")).toBe("12");
  });

  it.each([
    ["a folder that does not exist", "missing/run.csv", "create it first"],
    ["a path that is a folder", "folder", "it is a folder"],
    ["a file in the place of a folder", "file/run.csv", "not a folder"],
    ["a name that is too long", "x".repeat(300), "too long"],
  ])("FileSink.create fails with an error of one line for %s", async (_, name, problem) => {
    await mkdir(folder.path("folder"));
    await writeFile(folder.path("file"), "");
    const failed = FileSink.create(folder.path(name), false);
    await expect(failed).rejects.toThrow(problem);
    await expect(failed).rejects.toThrow(/^cannot write [^\n]+$/);
  });

  it("FileSink deletes the incomplete last line if the disk is full", async () => {
    const sink = await FileSink.create(folder.path("run.csv"), false);
    sink.append("one\n");
    await sink.flush();
    const probe = await open(folder.path("probe"), "w");
    const write = vi.spyOn(Object.getPrototypeOf(probe) as { write(text: Buffer, ...rest: unknown[]): Promise<object> }, "write");
    write.mockImplementationOnce(async () => {
      await writeFile(folder.path("run.csv.partial"), "one\ntw");
      return { bytesWritten: 2 };
    });
    write.mockRejectedValueOnce(Object.assign(new Error("full"), { code: "ENOSPC" }));
    sink.append("two\n");
    await expect(sink.flush()).rejects.toThrow("no space left");
    write.mockRestore();
    await probe.close();
    expect(await sink.keepPartial()).toBe(folder.path("run.csv.partial"));
    expect(await readFile(folder.path("run.csv.partial"), "utf8")).toBe("one\n");
  });

  // Only Linux has a device that is always full.
  if (existsSync("/dev/full")) {
    it("FileSink fails with an error of one line if the disk is full", async () => {
      const sink = await FileSink.create("/dev/full", false);
      sink.append("text");
      await expect(sink.flush()).rejects.toThrow(/^cannot write \/dev\/full: no space left[^\n]+$/);
      await sink.discard();
    });

    it("FileSink writes directly to a device, without a partial file", async () => {
      const sink = await FileSink.create("/dev/null", false);
      sink.append("text");
      await sink.complete();
      const kept = await FileSink.create("/dev/null", false);
      expect(await kept.keepPartial()).toBeUndefined();
    });
  }
});

describe("StreamSink", () => {
  it("`isFlushDue` of a StreamSink is true as soon as an event has been appended", async () => {
    const out = capturedOutput();
    const sink = new StreamSink(out);
    sink.append("a\n");
    expect([sink.isFlushDue, sink.bytes, out.text]).toEqual([true, 2, ""]);
    await sink.flush();
    sink.append("b\n");
    await sink.complete();
    expect([sink.isFlushDue, sink.bytes, out.text]).toEqual([false, 4, "a\nb\n"]);
  });
});
