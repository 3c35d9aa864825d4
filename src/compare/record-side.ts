import type { RunFacts } from "./comparison.js";
import { LineReader, type OpenableSource } from "./record-source.js";
import { readRecordLine, type TransactionLine } from "./recorded-line.js";

/** Selects the slots that one pass over a record reads: each slot for which `(slot / slotsPerBlock) % parts` is `part`. */
export interface RecordPart {
  readonly part: number;
  readonly parts: number;
  readonly slotsPerBlock: bigint;
}

/**
 * One of the two records of a join. Lines of the same session and program are in slot order. Lines of different sessions or
 * programs are not ordered relative to each other.
 */
export class RecordSide {
  readonly facts: RunFacts;
  /** The transactions of this record that have no counterpart in the other record yet. The key is the signature. */
  readonly pending = new Map<string, TransactionLine>();
  /** Total size of the pending lines, in characters. */
  pendingSize = 0;
  /** The slot of the last transaction. */
  slot = 0n;
  isOver = false;
  /** Whether a slot in a stream was lower than the slot before it. */
  isUnordered = false;
  readonly #reader: LineReader;
  readonly #part: RecordPart | undefined;
  /** The last slot of each stream. Each combination of a session and a program is a stream. */
  readonly #reached = new Map<string, bigint>();
  readonly #programs = new Set<string>();
  #completions = 0;

  private constructor(reader: LineReader, name: string, part: RecordPart | undefined) {
    this.#reader = reader;
    this.#part = part;
    this.facts = {
      name,
      writer: "simulator-client",
      header: {},
      sessions: [],
      transactions: 0,
      failed: 0,
      notCompared: 0,
      isComplete: false,
    };
  }

  /** @param part the part of the slots to read; `undefined` reads the whole record */
  static async open(source: OpenableSource, name: string, part?: RecordPart): Promise<RecordSide> {
    return new RecordSide(await LineReader.open(source, name), name, part);
  }

  /** Returns the next transaction. `undefined` at the end. @throws SimulatorError `protocol` */
  async next(): Promise<TransactionLine | undefined> {
    const reader = this.#reader;
    while (!this.isOver) {
      for (let text = reader.take(); text !== undefined; text = reader.take()) {
        const line = this.#read(text);
        if (line !== undefined) return line;
      }
      if (await reader.fill()) continue;
      this.isOver = true;
      const last = reader.last();
      return last === undefined ? undefined : this.#read(last);
    }
    return undefined;
  }

  /** Finds a pending transaction by its signature. If there are several, returns the transaction in the given slot. */
  find({ signature, slot }: TransactionLine): TransactionLine | undefined {
    return this.pending.get(`${signature} ${slot}`) ?? this.pending.get(signature);
  }

  /**
   * Keeps a transaction until it is found in the other record. The key in `pending` is the signature. If this key is already
   * used, the slot is added to the key.
   */
  keep(line: TransactionLine): void {
    const { signature, slot, text } = line;
    this.pending.set(this.pending.has(signature) ? `${signature} ${slot}` : signature, line);
    this.pendingSize += text.length;
  }

  drop(line: TransactionLine): void {
    const { signature, slot, text } = line;
    const key = this.pending.get(signature) === line ? signature : `${signature} ${slot}`;
    if (this.pending.delete(key)) this.pendingSize -= text.length;
  }

  /**
   * Whether all further transactions of the record come after the slot `slot + margin`.
   *
   * @param program the program whose subscription delivered the transaction
   */
  hasPassed(slot: bigint, program: string | undefined, margin: bigint): boolean {
    if (this.isOver) return true;
    const session = this.#sessionOf(slot);
    // A record of the command `sim` has one stream per session. Other records have one stream per session and program.
    if (this.facts.writer === "sim") return this.#isPast(`${session}`, slot + margin);
    const streams = program === undefined ? (this.facts.header.programs ?? [...this.#programs]) : [program];
    return streams.length > 0 && streams.every((stream) => this.#isPast(`${session} ${stream}`, slot + margin));
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  #isPast(stream: string, slot: bigint): boolean {
    const reached = this.#reached.get(stream);
    return reached !== undefined && reached > slot;
  }

  #read(text: string): TransactionLine | undefined {
    const { facts } = this;
    const line = readRecordLine(text, this.#reader.number, facts.name);
    switch (line.type) {
      case "transaction":
        return this.#isInPart(line.slot) ? this.#advance(line) : undefined;
      case "run":
        facts.writer = line.writer;
        facts.header = line.header;
        return undefined;
      case "session":
        facts.sessions.push(line.session);
        return undefined;
      case "completed":
        this.#completions++;
        facts.isComplete = facts.writer === "sim" || this.#completions >= facts.sessions.length;
        return undefined;
      case "incomparable":
        // If the record is read in several passes, its incomparable lines are counted only in the first pass.
        if ((this.#part?.part ?? 0) === 0) facts.notCompared++;
        return undefined;
      case "other":
        return undefined;
    }
  }

  #advance(line: TransactionLine): TransactionLine {
    const { slot, program } = line;
    const session = this.#sessionOf(slot);
    if (program !== undefined) this.#programs.add(program);
    const stream = program === undefined ? `${session}` : `${session} ${program}`;
    const reached = this.#reached.get(stream);
    if (reached !== undefined && slot < reached) this.isUnordered = true;
    else this.#reached.set(stream, slot);
    this.slot = slot;
    return line;
  }

  #isInPart(slot: bigint): boolean {
    if (this.#part === undefined) return true;
    const { part, parts, slotsPerBlock } = this.#part;
    return (slot / slotsPerBlock) % BigInt(parts) === BigInt(part);
  }

  #sessionOf(slot: bigint): number {
    return this.facts.sessions.findIndex(({ startSlot, endSlot }) => startSlot <= slot && slot <= endSlot);
  }
}
