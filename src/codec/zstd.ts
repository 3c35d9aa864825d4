/** zstd (RFC 8878) in plain TypeScript. This file exports the entry points of the folder. */
export { compress } from "./zstd/compress.js";
export { decompress } from "./zstd/decompress.js";
export { StreamDecoder } from "./zstd/stream-decoder.js";
export { StreamEncoder } from "./zstd/stream-encoder.js";
export { ZstdError } from "./zstd/zstd-error.js";
