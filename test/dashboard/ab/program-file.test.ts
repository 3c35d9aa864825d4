import { expect, test } from "vitest";
import { MAX_PROGRAM_BYTES, programProblem } from "../../../demo/dashboard/ab/program-file.js";
import { ELF_BYTES, elfFile } from "../../support/elf-file.js";

test("programProblem returns undefined for a program for SBF", () => {
  expect(programProblem(elfFile())).toBeUndefined();
  expect(programProblem(elfFile({ machine: 263 }))).toBeUndefined();
});

test("programProblem checks a program that starts in the middle of an ArrayBuffer", () => {
  const larger = new Uint8Array(ELF_BYTES + 9);
  larger.set(elfFile(), 9);
  expect(programProblem(larger.subarray(9))).toBeUndefined();
});

test.each([
  ["a program for another machine", elfFile({ machine: 62 }), /a program for x86-64 processors, not for Solana \(SBF\)/],
  ["a program for an unknown machine", elfFile({ machine: 9 }), /another machine \(ELF machine 9\)/],
  ["a 32-bit file", elfFile({ class: 1 }), /not a 64-bit little-endian program/],
  ["an object file", elfFile({ type: 1 }), /an object file that was not linked/],
  ["an executable", elfFile({ type: 2 }), /not a shared object \(ELF type 2\)/],
  ["a table with entries of another size", elfFile({ sectionBytes: 40 }), /entries of an unknown size/],
  ["a file without its last byte", elfFile().subarray(0, -1), /is cut: it has 207 bytes, but its contents end at byte 208/],
  [
    "a section that ends after the end of the file",
    elfFile({ sectionEnd: 300 }),
    /is cut: it has 208 bytes, but its contents end at byte 300/,
  ],
  ["a truncated header", elfFile().subarray(0, 63), /is cut: it has 63 B, less than the header/],
])("programProblem refuses %s, and its message says what to do", (_, elf, message) => {
  expect(programProblem(elf)).toMatch(message);
  expect(programProblem(elf)).toMatch(/Build the program with|Copy or build the file again/);
});

test("programProblem refuses a program that is truncated at any byte", () => {
  const elf = elfFile();
  for (let length = 4; length < elf.length; length++) expect(programProblem(elf.subarray(0, length))).toMatch(/cut/);
});

test("programProblem refuses a program that exceeds the maximum size of an account", () => {
  expect(programProblem(elfFile(), MAX_PROGRAM_BYTES)).toBeUndefined();
  expect(programProblem(elfFile(), MAX_PROGRAM_BYTES + 1)).toMatch(/an account has room for at most 10,485,715/);
});
