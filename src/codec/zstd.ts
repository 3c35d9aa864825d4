/**
 * All of zstd (RFC 8878), in plain TypeScript. To be loaded by `import()` alone (zstd-loader.ts): who doesn't compress doesn't pay for it.
 */
export { compress } from "./zstd/compress.js";
export { decompress } from "./zstd/decompress.js";
export { StreamDecoder } from "./zstd/stream-decoder.js";
export { StreamEncoder } from "./zstd/stream-encoder.js";
export { ZstdError, type ZstdErrorCode } from "./zstd/zstd-error.js";
