import { parseJson } from "../../codec/json.js";
import { fileProblem } from "../../files/file-problem.js";
import { readInputFileSync } from "../../files/input-file.js";
import { messageOf } from "../../protocol/error-helpers.js";
import { UsageError } from "../command-failure.js";

/** Reads an IDL file. @throws UsageError */
export function readIdlFile(file: string): object {
  let text: string;
  try {
    text = readInputFileSync(file).toString("utf8");
  } catch (cause) {
    throw new UsageError(fileProblem(`--idl ${file}`, cause, "no such file").message);
  }
  try {
    const idl = parseJson(text);
    if (typeof idl === "object" && idl !== null) return idl;
  } catch (error) {
    throw new UsageError(`--idl ${file}: ${messageOf(error)}`);
  }
  throw new UsageError(`--idl ${file}: expected an IDL of Anchor or Codama`);
}
