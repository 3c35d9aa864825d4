import { randomBytes } from "node:crypto";
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeBase58 } from "../../../codec/base58.js";

const SLOT_BYTES = 8;
const SIGNATURE_BYTES = 64;
const MARK_BYTES = SLOT_BYTES + SIGNATURE_BYTES;

/** The last transaction that a VM started to execute. */
export interface LastExecuted {
  slot: bigint;
  /** Base58. */
  signature: string;
}

/**
 * A temporary file with the transaction that a VM process executes. If the VM aborts, the last messages of the process may not
 * arrive, but the file keeps its content.
 */
export class ExecutionMark {
  /** The file descriptor. `undefined` if the folder for temporary files is not writable. */
  readonly fd: number | undefined;

  constructor() {
    const path = join(tmpdir(), `simulator-client-${randomBytes(8).toString("hex")}`);
    try {
      this.fd = openSync(path, "wx+", 0o600);
      unlinkSync(path);
    } catch {
      // No file was created. If the VM aborts, the error does not name the transaction.
    }
  }

  /** Returns the transaction that the VM started last, even if the VM has not finished it. */
  read(): LastExecuted | undefined {
    const mark = Buffer.alloc(MARK_BYTES);
    try {
      if (this.fd === undefined || readSync(this.fd, mark, 0, MARK_BYTES, 0) < MARK_BYTES) return undefined;
    } catch {
      return undefined;
    }
    return { slot: mark.readBigUInt64LE(), signature: encodeBase58(mark.subarray(SLOT_BYTES)) };
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
  }
}

/** Returns a function that records a transaction in the file. The VM process calls the function before each execution. */
export function markWriter(fd: number): (slot: bigint, signature: Uint8Array) => void {
  const mark = Buffer.alloc(MARK_BYTES);
  return (slot, signature) => {
    mark.writeBigUInt64LE(slot);
    mark.set(signature, SLOT_BYTES);
    try {
      writeSync(fd, mark, 0, MARK_BYTES, 0);
    } catch {
      // Ignores a failed write. The file only improves the error message after a VM abort.
    }
  };
}
