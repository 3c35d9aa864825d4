import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteRuns, hexDump, toAscii, toHex } from "../../demo/dashboard/view/detail/hex-dump.js";

const bytes = (length: number, changes: Record<number, number> = {}) => {
  const made = new Uint8Array(length);
  for (const [at, value] of Object.entries(changes)) made[Number(at)] = value;
  return made;
};

describe("hexDump", () => {
  it("hexDump returns the changed lines, one line of context before and after each changed line, and the number of skipped bytes", () => {
    const lines = hexDump(bytes(160), bytes(160, { 40: 1, 140: 1 }), false, 16);
    expect(
      lines.map((line) => [line.kind, line.offset, line.kind === "skip" ? line.bytes : line.changed.includes(true)]),
    ).toEqual([
      ["skip", 0, 16],
      ["line", 16, false],
      ["line", 32, true],
      ["line", 48, false],
      ["skip", 64, 48],
      ["line", 112, false],
      ["line", 128, true],
      ["line", 144, false],
    ]);
  });

  it("hexDump marks bytes as changed if they exist only before or only after the change", () => {
    const [line] = hexDump(bytes(2), bytes(4), false, 16);
    expect(line).toMatchObject({ kind: "line", offset: 0, changed: [false, false, true, true] });
  });

  it("hexDump returns all bytes of a new account", () => {
    expect(hexDump(new Uint8Array(), bytes(20), false, 16).map(({ kind }) => kind)).toEqual(["line", "line"]);
  });

  it("hexDump returns all bytes if isAll is true, and no lines for empty data", () => {
    expect(hexDump(bytes(100), bytes(100), true, 8)).toHaveLength(13);
    expect(hexDump(new Uint8Array(), new Uint8Array(), true, 8)).toEqual([]);
  });

  it("hexDump contains every byte once, and marks the bytes that differ", () => {
    const data = fc.uint8Array({ maxLength: 200, max: 2 });
    fc.assert(
      fc.property(data, data, fc.boolean(), fc.constantFrom(8, 16), (before, after, isAll, width) => {
        let at = 0;
        for (const line of hexDump(before, after, isAll, width)) {
          expect(line.offset).toBe(at);
          if (line.kind === "skip") {
            expect(before.subarray(at, at + line.bytes)).toEqual(after.subarray(at, at + line.bytes));
            at += line.bytes;
            continue;
          }
          for (const isChanged of line.changed) {
            expect(isChanged).toBe(before[at] !== after[at]);
            at++;
          }
        }
        expect(at).toBe(Math.max(before.length, after.length));
      }),
    );
  });
});

describe("byteRuns", () => {
  it("byteRuns groups adjacent bytes, and does not mark the separators between groups as changed", () => {
    expect(byteRuns(Uint8Array.of(0, 1, 2, 255), [false, true, true, false], toHex, " ")).toEqual([
      { text: "00", isChanged: false },
      { text: " ", isChanged: false },
      { text: "01 02", isChanged: true },
      { text: " ", isChanged: false },
      { text: "ff", isChanged: false },
    ]);
  });

  it("byteRuns shows non-printable bytes as a dot", () => {
    expect(
      byteRuns(
        Uint8Array.from([..."A~\n\x7f"], (letter) => letter.charCodeAt(0)),
        [],
        toAscii,
        "",
      ),
    ).toEqual([{ text: "A~··", isChanged: false }]);
  });
});
