import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readLines } from "../../src/cli/lines.js";
import { useFolder } from "./support/temporary-folder.js";

const folder = useFolder();

async function linesOf(text: string, maxBytes?: number): Promise<string[]> {
  await writeFile(folder.path("file"), text);
  const lines: string[] = [];
  for await (const line of readLines(folder.path("file"), maxBytes)) lines.push(line);
  return lines;
}

describe("a file's lines", () => {
  it("end with a line feed, the last one with the file", async () => {
    expect(await linesOf("a\nb\n")).toEqual(["a", "b"]);
    expect(await linesOf("a\n\nb")).toEqual(["a", "", "b"]);
    expect(await linesOf("")).toEqual([]);
  });

  it("are whole wherever the file's chunks end, and within a character", async () => {
    const line = "€".repeat(50_000);
    const lines = await linesOf(`${Array.from({ length: 20 }, (_, index) => `${index}${line}`).join("\n")}\n`);
    expect(lines).toEqual(Array.from({ length: 20 }, (_, index) => `${index}${line}`));
  });

  it("have an end: one that goes on and on is no record", async () => {
    await expect(linesOf("x".repeat(2_000_000), 1_000_000)).rejects.toThrow(/^[^\n]*over 1000000 bytes[^\n]*$/);
  });

  it("can't be read where there is no file", async () => {
    await expect(readLines(folder.path("nowhere")).next()).rejects.toThrow("there is no such file");
    await expect(readLines(folder.path()).next()).rejects.toThrow("it is a folder");
  });
});
