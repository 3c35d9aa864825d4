/** corrupt: not zstd, or truncated. limit: larger than allowed. unsupported: valid zstd that needs a dictionary. */
export type ZstdErrorCode = "corrupt" | "limit" | "unsupported";

/** The error of decompression. After an error, the rest of the stream cannot be decoded. */
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
