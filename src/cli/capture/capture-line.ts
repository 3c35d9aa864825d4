import type { CaptureProgress } from "../../local/engine/ledger/capture-ledger.js";
import type { RpcAttempt, RpcWait } from "../../local/engine/ledger/rpc-client.js";
import { oneLine } from "../command-failure.js";
import { type Output, writeLines } from "../terminal/io.js";
import { ERASE_LINE } from "../terminal/terminal-text.js";
import { bytes, plural } from "../terminal/units.js";

/** Minimum time between two messages about retries, in ms. */
const RETRY_LINE_MS = 1_000;

/**
 * The progress of a capture, redrawn in place on a terminal. If the output is not a terminal, only the messages about retries are
 * written.
 */
export class CaptureLine {
  readonly #out: Output;
  readonly #startSlot: bigint;
  readonly #total: bigint;
  readonly #now: () => number;
  #lastRetryAt = Number.NEGATIVE_INFINITY;
  #isDrawn = false;
  /** Number of blocks that have been captured. */
  blocks = 0;

  constructor(out: Output, startSlot: bigint, endSlot: bigint, now: () => number = () => performance.now()) {
    this.#out = out;
    this.#now = now;
    this.#startSlot = startSlot;
    this.#total = endSlot - startSlot + 1n;
  }

  draw({ slot, blocks, skippedSlots, bytes: length }: CaptureProgress): void {
    this.blocks = blocks;
    if (!this.#out.isTerminal) return;
    const done = slot - this.#startSlot + 1n;
    const percent = (done * 100n) / this.#total;
    const estimate = Math.round((length / Number(done)) * Number(this.#total));
    const size = `${bytes(length)} of about ${bytes(estimate)}`;
    const text = `slot ${slot}  ${percent} %  ${plural(blocks, "block")}, ${plural(skippedSlots, "skipped slot")}, ${size}`;
    this.#out.write(`${ERASE_LINE}${text.slice(0, Math.max(0, this.#out.columns - 1))}`);
    this.#isDrawn = true;
  }

  /** Reports that a failed call will be retried. Only one report per second is printed, because rate limits cause many retries. */
  reportRetry({ host, reason, attempt, attempts, delayMs }: RpcAttempt): void {
    if (this.#now() - this.#lastRetryAt < RETRY_LINE_MS) return;
    this.#lastRetryAt = this.#now();
    this.end();
    const total = attempts === undefined ? "" : ` of ${attempts}`;
    const text = `waiting for ${host}: ${reason}; attempt ${attempt}${total} in ${(delayMs / 1000).toFixed(1)} s`;
    writeLines(this.#out, [oneLine(text)]);
  }

  /** Reports a call that receives no data. Without this report, a node that does not answer would look like a slow download. */
  reportWait({ host, method, waitedMs, timeoutMs }: RpcWait): void {
    this.end();
    const text = `waiting for ${host}: ${method}: no data for ${Math.round(waitedMs / 1000)} s; this attempt ends after ${timeoutMs / 1000} s`;
    writeLines(this.#out, [oneLine(text)]);
  }

  end(): void {
    if (this.#isDrawn) this.#out.write("\n");
    this.#isDrawn = false;
  }
}
