/**
 * `corrupt`: the data is not zstd, or is truncated. `limit`: the data is larger than allowed. `unsupported`: the data is valid
 * zstd, but needs a dictionary.
 */
export type ZstdErrorCode = "corrupt" | "limit" | "unsupported";

/** An error during decompression. After an error, the rest of the stream cannot be decoded. */
export class ZstdError extends Error {
  /** The name of the class. */
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
