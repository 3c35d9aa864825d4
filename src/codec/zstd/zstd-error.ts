/** corrupt: not zstd, or cut. limit: more than the caller allows. unsupported: valid zstd that needs what this decoder hasn't (a dictionary). */
export type ZstdErrorCode = "corrupt" | "limit" | "unsupported";

/** What decompression throws. A stream that threw is lost: what follows refers to what was not decoded. */
export class ZstdError extends Error {
  override readonly name = "ZstdError";

  constructor(
    readonly code: ZstdErrorCode,
    message: string,
  ) {
    super(`zstd: ${message}`);
  }
}

export function corrupt(what: string): ZstdError {
  return new ZstdError("corrupt", what);
}
