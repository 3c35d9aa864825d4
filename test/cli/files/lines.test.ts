import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readLines } from "../../../src/cli/files/lines.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();

async function linesOf(text: string, maxBytes?: number): Promise<string[]> {
  await writeFile(folder.path("file"), text);
  const lines: string[] = [];
  for await (const line of readLines(folder.path("file"), maxBytes)) lines.push(line);
  return lines;
}

describe("readLines", () => {
  it("splits at line feeds; the last line may lack one", async () => {
    expect(await linesOf("a\nb\n")).toEqual(["a", "b"]);
    expect(await linesOf("a\n\nb")).toEqual(["a", "", "b"]);
    expect(await linesOf("")).toEqual([]);
  });

  it("joins lines and characters that are split between chunks", async () => {
    const line = "€".repeat(50_000);
    const lines = await linesOf(`${Array.from({ length: 20 }, (_, index) => `${index}${line}`).join("\n")}\n`);
    expect(lines).toEqual(Array.from({ length: 20 }, (_, index) => `${index}${line}`));
  });

  it("refuses a line that is too long", async () => {
    await expect(linesOf("x".repeat(2_000_000), 1_000_000)).rejects.toThrow(/^[^\n]*longer than 1000000 bytes[^\n]*$/);
  });

  it("reports a missing file and a folder", async () => {
    await expect(readLines(folder.path("nowhere")).next()).rejects.toThrow("no such file");
    await expect(readLines(folder.path()).next()).rejects.toThrow("it is a folder");
  });
});
