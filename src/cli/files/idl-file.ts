import { readFileSync } from "node:fs";
import { parseJson } from "../../codec/json.js";
import { messageOf } from "../../protocol/error-helpers.js";
import { UsageError } from "../command-failure.js";

/** Reads an IDL file. @throws UsageError */
export function readIdlFile(file: string): object {
  try {
    const idl = parseJson(readFileSync(file, "utf8"));
    if (typeof idl === "object" && idl !== null) return idl;
  } catch (error) {
    throw new UsageError(`--idl ${file}: ${messageOf(error)}`);
  }
  throw new UsageError(`--idl ${file}: expected an IDL of Anchor or Codama`);
}
