import { encodeBase64 } from "../../codec/base64.js";
import { stringifyJson } from "../../codec/json.js";
import { encodeUtf8 } from "../../codec/utf8.js";
import type { DiscoveryFilter, EncodedBinary } from "../../protocol/shapes.js";
import type { EngineBlock, EngineSession, PlannedBlock, PlannedTransaction } from "../engine/engine.js";
import type { Timing } from "../link/timing.js";
import type { SessionResponse } from "../wire/response-frames.js";
import { LIMITS } from "../wire/simulator-limits.js";

const TOKEN_PROGRAMS = new Set(["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"]);

/** Whether a transaction of the ledger matches a filter. */
export function matches(filter: DiscoveryFilter, { programs, writable, movesTokens }: PlannedTransaction): boolean {
  if (filter.kind === "programExecuted") return programs.includes(filter.value);
  const { programs: oracles, accounts = [] } = filter.value;
  const moves = movesTokens ?? programs.some((program) => TOKEN_PROGRAMS.has(program));
  return (
    !moves &&
    programs.some((program) => oracles.includes(program)) &&
    (accounts.length === 0 || writable.some((address) => accounts.includes(address)))
  );
}

/**
 * Encodes a matched transaction as JSON in base64. The published server uses another encoding, but clients do not read this data.
 */
export function encodeMatched(slot: bigint, { index, wire, signatures }: PlannedTransaction): EncodedBinary {
  const text = stringifyJson({ slot, index, signature: signatures[0], transaction: [wire, "base64"] });
  return { data: encodeBase64(encodeUtf8(text)), encoding: "base64" };
}

/** A position in the ledger, immediately before a batch. */
interface Place {
  slot: bigint;
  batch: number;
}

/** A position that was reported to the client. `at` is the time of the report, measured with `Timing.elapsed`. */
interface ReportedPlace extends Place {
  at: number;
}

/**
 * Scans the ledger ahead of execution and reports the batches that match the filters of a session. A client can stop just before
 * such a batch. The number of batches that are reported in advance is limited.
 */
export class DiscoveryScanner {
  readonly #engine: EngineSession;
  readonly #filters: readonly DiscoveryFilter[];
  readonly #leadMs: number;
  readonly #timing: Timing;
  readonly #respond: (response: SessionResponse) => void;
  /** Batches that have been reported but not executed yet. */
  #ahead: ReportedPlace[] = [];
  /** The block to scan next. `undefined` if it has not been read from the engine. */
  #block: PlannedBlock | undefined;
  #batch = 0;
  #isAtEnd = false;
  #lastSeen: bigint | undefined;

  /** @param leadMs the minimum time between the report of a batch and its execution */
  constructor(
    engine: EngineSession,
    filters: readonly DiscoveryFilter[],
    leadMs: number,
    timing: Timing,
    respond: (response: SessionResponse) => void,
  ) {
    this.#engine = engine;
    this.#filters = filters;
    this.#leadMs = leadMs;
    this.#timing = timing;
    this.#respond = respond;
  }

  /**
   * Searches the next blocks for transactions that match a filter, and reports them to the client (`discoveryBatch`). Call it
   * before the execution of each batch.
   */
  lookAhead({ slot, nextBatch }: EngineBlock): Promise<void> | undefined {
    const first = this.#ahead[0];
    if (first !== undefined && isBefore(first, { slot, batch: nextBatch })) {
      this.#ahead = this.#ahead.filter((place) => !isBefore(place, { slot, batch: nextBatch }));
    }
    return this.#needsMore(slot) ? this.#scan(slot) : undefined;
  }

  /**
   * Returns how long to wait before the next batch, in ms. The wait gives the client time to stop before a reported batch
   * (`discoveryBatch`).
   */
  holdMs({ slot, nextBatch }: EngineBlock): number {
    const next = this.#ahead[0];
    if (next === undefined || next.slot !== slot || next.batch !== nextBatch) return 0;
    return Math.max(0, next.at + this.#leadMs - this.#timing.elapsed());
  }

  #needsMore(slot: bigint): boolean {
    if (this.#isAtEnd || this.#ahead.length >= LIMITS.discoveriesAhead) return false;
    return this.#lastSeen === undefined || this.#lastSeen < slot + LIMITS.discoverySlots;
  }

  async #scan(slot: bigint): Promise<void> {
    for (let seen = 1; this.#needsMore(slot); seen++) {
      this.#block ??= await this.#engine.plannedBlock?.(this.#lastSeen === undefined ? slot : this.#lastSeen + 1n);
      if (this.#block === undefined) {
        this.#isAtEnd = true;
        return;
      }
      this.#look(this.#block);
      if (seen % BLOCKS_A_TURN === 0) await this.#timing.nextTurn();
    }
  }

  /** Scans the rest of a block. Stops early if too many reported batches are not executed yet (`LIMITS.discoveriesAhead`). */
  #look(block: PlannedBlock): void {
    for (; this.#batch < block.batches.length; this.#batch++) {
      if (this.#ahead.length >= LIMITS.discoveriesAhead) return;
      this.#lookAtBatch(block, this.#batch);
    }
    this.#lastSeen = block.slot;
    this.#block = undefined;
    this.#batch = 0;
  }

  #lookAtBatch({ slot, batches }: PlannedBlock, batchIndex: number): void {
    const transactions = (batches[batchIndex] ?? []).filter((one) => this.#filters.some((filter) => matches(filter, one)));
    if (transactions.length === 0) return;
    this.#ahead.push({ slot, batch: batchIndex, at: this.#timing.elapsed() });
    this.#respond({
      method: "discoveryBatch",
      params: {
        slot,
        batchIndex,
        matched: this.#filters.filter((filter) => transactions.some((one) => matches(filter, one))),
        transactions: transactions.map((one) => encodeMatched(slot, one)),
        transactionIndices: transactions.map(({ index }) => index),
      },
    });
  }
}

/** After this many blocks, the scan pauses so that sockets and timers can run. */
const BLOCKS_A_TURN = 64;

function isBefore(a: Place, b: Place): boolean {
  return a.slot < b.slot || (a.slot === b.slot && a.batch < b.batch);
}
