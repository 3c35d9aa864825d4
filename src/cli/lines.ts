import { createReadStream } from "node:fs";
import { Failure } from "./command-failure.js";
import { fileProblem } from "./file-problem.js";

/** A line that is longer is nothing that a run has written: some ten times its largest transaction. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/** A file's lines, one at a time. @throws Failure in one line if it can't be read */
export async function* readLines(file: string, maxBytes = MAX_LINE_BYTES): AsyncGenerator<string, void, undefined> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const take = (last: Buffer): string => {
    const line = heldBytes === 0 ? last.toString("utf8") : Buffer.concat([...held, last]).toString("utf8");
    held = [];
    heldBytes = 0;
    return line;
  };
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        yield take(chunk.subarray(from, at));
        from = at + 1;
      }
      held.push(chunk.subarray(from));
      heldBytes += chunk.length - from;
      if (heldBytes > maxBytes) throw new Failure(`${file}: a line is over ${maxBytes} bytes long: it is no record of a run`);
    }
  } catch (cause) {
    throw cause instanceof Failure
      ? cause
      : fileProblem(`cannot read ${file}`, cause, "there is no such file; name a record that `run --out` has written");
  }
  if (heldBytes > 0) yield take(Buffer.alloc(0));
}
