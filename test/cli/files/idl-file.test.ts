import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readIdlFile } from "../../../src/cli/files/idl-file.js";
import { useFolder } from "../support/temporary-folder.js";

describe("readIdlFile", () => {
  const folder = useFolder();
  const write = (name: string, text: string): string => {
    writeFileSync(folder.path(name), text);
    return folder.path(name);
  };

  it("readIdlFile parses an IDL file, and the error for an invalid file names the file", () => {
    expect(readIdlFile(write("idl.json", '{"instructions":[]}'))).toEqual({ instructions: [] });
    expect(() => readIdlFile(write("bad.json", "{"))).toThrowError(/--idl .*bad\.json: /);
    expect(() => readIdlFile(write("five.json", "5"))).toThrowError(/expected an IDL/);
    expect(() => readIdlFile(folder.path("missing.json"))).toThrowError(/--idl .*missing\.json: no such file/);
    expect(() => readIdlFile(folder.path())).toThrowError(/: it is a folder; use the path of a file/);
  });
});
