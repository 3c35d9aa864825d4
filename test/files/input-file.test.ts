import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { readInputFile, readInputFileSync } from "../../src/files/input-file.js";
import { useFolder } from "../cli/support/temporary-folder.js";

const folder = useFolder();

it("readInputFile reads large files and empty files completely", async () => {
  const bytes = Buffer.alloc(600_000, "abc");
  await writeFile(folder.path("big"), bytes);
  await writeFile(folder.path("empty"), "");
  expect((await readInputFile(folder.path("big"))).equals(bytes)).toBe(true);
  expect(readInputFileSync(folder.path("big")).equals(bytes)).toBe(true);
  expect([await readInputFile(folder.path("empty")), readInputFileSync(folder.path("empty"))]).toEqual([
    Buffer.alloc(0),
    Buffer.alloc(0),
  ]);
});

it("readInputFile reads a named pipe until its end, because a pipe has no known size", async () => {
  execFileSync("sh", ["-c", `mkfifo "$0"`, folder.path("pipe")]);
  const reading = readInputFile(folder.path("pipe"));
  await writeFile(folder.path("pipe"), "text");
  expect((await reading).toString()).toBe("text");
});

it("readInputFile refuses a file or a device with more bytes than the limit", async () => {
  await writeFile(folder.path("file"), "12345");
  expect((await readInputFile(folder.path("file"), 5)).toString()).toBe("12345");
  await expect(readInputFile(folder.path("file"), 4)).rejects.toThrow("it has more than 4 bytes");
  expect(() => readInputFileSync(folder.path("file"), 4)).toThrow("it has more than 4 bytes");
  await expect(readInputFile("/dev/zero", 1_000_000)).rejects.toThrow("it has more than 1000000 bytes");
  expect(() => readInputFileSync("/dev/zero", 1_000_000)).toThrow("it has more than 1000000 bytes");
});

it("readInputFile fails with the error of Node.js if the path does not exist or is a folder", async () => {
  await expect(readInputFile(folder.path("none"))).rejects.toMatchObject({ code: "ENOENT" });
  await expect(readInputFile(folder.path())).rejects.toMatchObject({ code: "EISDIR" });
  expect(() => readInputFileSync(folder.path())).toThrow(/EISDIR/);
});
