import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/cli/command-failure.js";
import { FileLock } from "../../src/files/file-lock.js";
import { useFolder } from "../cli/support/temporary-folder.js";

const folder = useFolder();
const file = () => folder.path("run.ndjson");
const lockFile = () => folder.path("run.ndjson.lock");

async function ownLock(): Promise<Record<string, unknown>> {
  const lock = await FileLock.acquire(file());
  const owner = JSON.parse(await readFile(lockFile(), "utf8"));
  await lock.release();
  return owner;
}

/** Returns the id of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return Number(child.pid);
}

describe("a file lock", () => {
  it("a file lock refuses a second writer, and the error names the file and the process of the first writer", async () => {
    const lock = await FileLock.acquire(file());
    const second = FileLock.acquire(file());
    await expect(second).rejects.toThrow(Failure);
    await expect(second).rejects.toThrow(`cannot write ${file()}: another process is writing it (process ${process.pid}, since`);
    await expect(second).rejects.toMatchObject({ code: "fileLocked" });
    await lock.release();
    expect(await readdir(folder.path())).toEqual([]);
  });

  it("a file lock can be acquired again after its release", async () => {
    await (await FileLock.acquire(file())).release();
    const lock = await FileLock.acquire(file());
    await lock.release();
  });

  it("only one of many writers that start at the same time acquires a file lock", async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => FileLock.acquire(file())));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await readdir(folder.path())).toEqual(["run.ndjson.lock"]);
  });

  it("only one of many writers takes over the file lock of a process that has ended", async () => {
    await writeFile(lockFile(), JSON.stringify({ ...(await ownLock()), pid: await endedProcess() }));
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => FileLock.acquire(file())));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await readdir(folder.path())).toEqual(["run.ndjson.lock"]);
  });

  // Linux only: on other systems, FileLock cannot read the start time of a process.
  if (process.platform === "linux")
    it("a file lock of an ended process can be taken over even if a new process has the same process id", async () => {
      await writeFile(lockFile(), JSON.stringify({ ...(await ownLock()), processStart: "another boot/1" }));
      await (await FileLock.acquire(file())).release();
    });

  it("a file lock from another machine cannot be taken over, and the error names the machine and the lock file", async () => {
    await writeFile(lockFile(), JSON.stringify({ ...(await ownLock()), host: `not-${hostname()}`, pid: await endedProcess() }));
    await expect(FileLock.acquire(file())).rejects.toThrow(/on not-.* delete .*run\.ndjson\.lock$/);
  });

  it.each(["", "{", "[]", '{"pid":"x"}', '{"pid":-1,"host":"h"}'])(
    "other writers can take over a lock file with the invalid text %j, but only if the file is old",
    async (text) => {
      await writeFile(lockFile(), text);
      await expect(FileLock.acquire(file())).rejects.toMatchObject({ code: "fileLocked" });
      await utimes(lockFile(), 1, 1);
      await (await FileLock.acquire(file())).release();
      expect(await readdir(folder.path())).toEqual([]);
    },
  );

  it("release() does not delete the lock file of a process that has taken over the lock", async () => {
    const lock = await FileLock.acquire(file());
    await writeFile(lockFile(), "of another");
    await lock.release();
    expect(await readFile(lockFile(), "utf8")).toBe("of another");
  });

  it("a file lock cannot be acquired in a folder that does not exist", async () => {
    await expect(FileLock.acquire(folder.path("missing/run.ndjson"))).rejects.toThrow(
      /^cannot write .*run\.ndjson: the folder does not exist; create it first$/,
    );
  });
});
