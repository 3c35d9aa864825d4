import { createReadStream } from "node:fs";
import { Failure } from "../command-failure.js";
import { fileProblem } from "./file-problem.js";

/** The longest accepted line: about ten times the largest line of a record. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/** The problem of a record that does not exist. */
export const NO_RECORD = "no such file; name a record written by `run --out`";

/** Reads the lines of a record, one at a time. @throws Failure if the file cannot be read */
export async function* readLines(file: string, maxBytes = MAX_LINE_BYTES): AsyncGenerator<string, void, undefined> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const takeLine = (end: Buffer): string => {
    const line = pendingBytes === 0 ? end.toString("utf8") : Buffer.concat([...pending, end]).toString("utf8");
    pending = [];
    pendingBytes = 0;
    return line;
  };
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        yield takeLine(chunk.subarray(from, at));
        from = at + 1;
      }
      pending.push(chunk.subarray(from));
      pendingBytes += chunk.length - from;
      if (pendingBytes > maxBytes) {
        throw new Failure(`${file}: a line is longer than ${maxBytes} bytes; this is not a record of a run`, { code: "file" });
      }
    }
  } catch (cause) {
    throw cause instanceof Failure ? cause : fileProblem(`cannot read ${file}`, cause, NO_RECORD);
  }
  if (pendingBytes > 0) yield takeLine(Buffer.alloc(0));
}
