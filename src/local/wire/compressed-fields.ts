import * as v from "valibot";
import { decodeBase64 } from "../../codec/base64.js";
import { parseJson } from "../../codec/json.js";
import { decodeUtf8 } from "../../codec/utf8.js";
import { decompress } from "../../codec/zstd.js";
import { describeIssue, FIRST_ISSUE } from "../../protocol/message.js";
import { invalidRequest, reasonOf } from "./backtest-failure.js";
import { LIMITS } from "./simulator-limits.js";

/** Up to this number of decompressed bytes, a field is accepted at any ratio. Above it, `MAX_RATIO` applies. */
const ANY_RATIO_BYTES = 1024 * 1024;
/**
 * The maximum ratio of decompressed bytes to compressed bytes. Real schedules have a ratio of 10 to 50. A large field with a higher
 * ratio than the maximum is refused as a decompression bomb.
 */
const MAX_RATIO = 1_000;

/**
 * Reads the compressed fields of one create request. A field is base64 of a zstd frame that contains JSON. All fields of the
 * request share one limit.
 */
export class CompressedFields {
  #bytesLeft: number = LIMITS.decompressedBytes;

  /**
   * @param name the name of the field for error messages
   * @throws BacktestFailure `invalidRequest`
   */
  read<T extends v.GenericSchema>(name: string, packed: string, schema: T): v.InferOutput<T> {
    let value: unknown;
    try {
      const limit = Math.min(this.#bytesLeft, Math.max(ANY_RATIO_BYTES, packed.length * MAX_RATIO));
      const bytes = decompress(decodeBase64(packed), limit);
      this.#bytesLeft -= bytes.length;
      value = parseJson(decodeUtf8(bytes));
    } catch (error) {
      throw invalidRequest(`${name}: expected base64 of a zstd frame of JSON: ${reasonOf(error)}`);
    }
    const parsed = v.safeParse(schema, value, FIRST_ISSUE);
    if (!parsed.success) throw invalidRequest(`${name}: ${describeIssue(parsed.issues[0], "the list").problem}`);
    return parsed.output;
  }
}
