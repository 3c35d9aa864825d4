import { createHash } from "node:crypto";
import { parseJson, stringifyJson } from "../../codec/json.js";
import { members } from "../../protocol/message.js";
import { Failure } from "../command-failure.js";
import { readLines } from "../files/lines.js";
import { type Outcome, readOutcome } from "./transaction-outcome.js";

/** Facts about a recorded run. */
export interface RecordFacts {
  file: string;
  /** Lines with a transaction. A transaction has one line for each of its programs. */
  transactions: number;
  failed: number;
  /** What was run, from the first line, as JSON. */
  run: Record<"startSlot" | "endSlot" | "programs" | "streams", string | undefined>;
  /** Whether the run has completed. */
  isComplete: boolean;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

/** Reads an NDJSON record line by line. */
export class RecordedRun {
  readonly facts: RecordFacts;
  readonly #interrupt: AbortSignal;

  constructor(file: string, interrupt: AbortSignal) {
    this.#interrupt = interrupt;
    this.facts = {
      file,
      transactions: 0,
      failed: 0,
      run: { startSlot: undefined, endSlot: undefined, programs: undefined, streams: undefined },
      isComplete: false,
    };
  }

  /** The outcomes in the order of the record. Call it once. @throws Failure with file and line */
  async *outcomes(): AsyncGenerator<Outcome, void, undefined> {
    const { facts } = this;
    let number = 0;
    for await (const line of readLines(facts.file)) {
      this.#interrupt.throwIfAborted();
      number++;
      if (line.trim() === "") continue;
      const value = this.#read(line, number);
      this.#note(value);
      const outcome = readOutcome(value, sha256);
      if (outcome === undefined) continue;
      facts.transactions++;
      if (outcome.err !== "") facts.failed++;
      yield outcome;
    }
    if (facts.transactions === 0) {
      throw new Failure(`${facts.file}: the record has no transactions; record with \`run --transactions --program ADDRESS\``);
    }
  }

  #read(line: string, number: number): unknown {
    try {
      return parseJson(line);
    } catch {
      const what =
        number === 1
          ? "not NDJSON; compare needs a record of `run --out FILE.ndjson`"
          : `line ${number} is not JSON or incomplete; record the run again`;
      throw new Failure(`${this.facts.file}: ${what}`);
    }
  }

  #note(value: unknown): void {
    const { type, ...rest } = members(value);
    if (type === "completed") this.facts.isComplete = true;
    if (type !== "run") return;
    for (const key of ["startSlot", "endSlot", "programs", "streams"] as const)
      this.facts.run[key] = stringifyJson(rest[key] ?? null);
  }
}

/** Reasons why two records are hard to compare, one line each. */
export function findMismatches(a: RecordFacts, b: RecordFacts): string[] {
  const lines: string[] = [];
  const names = { startSlot: "first slot", endSlot: "last slot", programs: "programs", streams: "streams" };
  for (const key of ["startSlot", "endSlot", "programs", "streams"] as const) {
    const [ofA, ofB] = [a.run[key], b.run[key]];
    if (ofA !== undefined && ofB !== undefined && ofA !== ofB)
      lines.push(`the ${names[key]} of the runs differ: ${ofA} and ${ofB}`);
  }
  for (const { file, isComplete } of [a, b]) if (!isComplete) lines.push(`${file}: the run has not completed`);
  return lines;
}
