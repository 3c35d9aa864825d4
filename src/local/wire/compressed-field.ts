import * as v from "valibot";
import { decodeBase64 } from "../../codec/base64.js";
import { parseJson } from "../../codec/json.js";
import { decompress } from "../../codec/zstd.js";
import { describeIssue } from "../../protocol/message.js";
import { invalidRequest, reasonOf } from "./backtest-failure.js";

/**
 * Reads a compressed field: base64 of a zstd frame of a value's JSON.
 *
 * @param name what it is called in an error
 * @throws BacktestFailure `invalidRequest`
 */
export function readCompressed<T extends v.GenericSchema>(name: string, packed: string, schema: T): v.InferOutput<T> {
  let value: unknown;
  try {
    value = parseJson(new TextDecoder().decode(decompress(decodeBase64(packed))));
  } catch (error) {
    throw invalidRequest(`${name}: expected base64 of a zstd frame of JSON: ${reasonOf(error)}`);
  }
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw invalidRequest(`${name}: ${describeIssue(parsed.issues[0], "the list").problem}`);
  return parsed.output;
}
