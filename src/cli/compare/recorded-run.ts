import { createHash } from "node:crypto";
import { parseJson, stringifyJson } from "../../codec/json.js";
import { members } from "../../protocol/message.js";
import { Failure } from "../command-failure.js";
import { readLines } from "../files/lines.js";
import { type Outcome, readOutcome } from "./transaction-outcome.js";

/** What a record tells of its run besides the transactions. */
export interface RecordFacts {
  file: string;
  /** Lines with a transaction; one that mentions several programs has several. */
  transactions: number;
  failed: number;
  /** What was run, as its first line tells: slots, programs, streams; JSON, to be compared. */
  run: Record<"startSlot" | "endSlot" | "programs" | "streams", string | undefined>;
  /** Whether the run came to its end. */
  isComplete: boolean;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

/** A record of a run in NDJSON, read line by line. */
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

  /** The outcomes in it, in its order. To be read once. @throws Failure naming file and line */
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
      throw new Failure(
        `${facts.file}: there is no transaction in it to compare: record with \`run --transactions --program ADDRESS\``,
      );
    }
  }

  #read(line: string, number: number): unknown {
    try {
      return parseJson(line);
    } catch {
      const what =
        number === 1
          ? "it is no NDJSON: compare takes what `run --out FILE.ndjson` has written"
          : `line ${number} is no JSON, or cut: record it anew`;
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

/** What makes two records hard to compare, one line each. */
export function findMismatches(a: RecordFacts, b: RecordFacts): string[] {
  const lines: string[] = [];
  const names = { startSlot: "first slot", endSlot: "last slot", programs: "programs", streams: "streams" };
  for (const key of ["startSlot", "endSlot", "programs", "streams"] as const) {
    const [ofA, ofB] = [a.run[key], b.run[key]];
    if (ofA !== undefined && ofB !== undefined && ofA !== ofB)
      lines.push(`the runs have another ${names[key]}: ${ofA} and ${ofB}`);
  }
  for (const { file, isComplete } of [a, b]) if (!isComplete) lines.push(`${file}: the run didn't come to its end`);
  return lines;
}
