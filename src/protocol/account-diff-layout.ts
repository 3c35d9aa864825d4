import { TextScanner } from "../codec/text-scanner.js";
import type { AccountDiff, UiAccount } from "./account-diff.js";
import { U64_MAX } from "./scalars.js";

const NOTIFICATION = '{"jsonrpc":"2.0","method":"accountDiffNotification","params":{';
const SUBSCRIPTION = '"subscription":';
const RESULT = '"result":{"context":{"slot":';
/** What accounts have whose rent is paid for good: nearly all. */
const EXEMPT = `${U64_MAX},`;

/**
 * Reads an account diff notification whose members stand in the order in which the server writes them: the firehose's
 * own road, on which no JSON is made, nothing is copied, and every integer is exact.
 *
 * @returns `undefined` for any other text, which the general reader reads
 */
export function scanAccountDiffNotification(text: string): { subscription: number; diff: AccountDiff } | undefined {
  const scanner = new TextScanner(text);
  scanner.literal(NOTIFICATION);
  let subscription = -1;
  const isFirst = scanner.accept(SUBSCRIPTION);
  if (isFirst) {
    subscription = scanner.smallInteger();
    scanner.literal(",");
  }
  scanner.literal(RESULT);
  const slot = scanner.integer();
  scanner.literal('},"account":"');
  const account = scanner.string();
  scanner.literal(',"signature":"');
  const signature = scanner.string();
  scanner.literal(',"tx_index":');
  const txIndex = scanner.smallInteger();
  scanner.literal(',"block_time":');
  const blockTime = scanner.integer();
  scanner.literal(',"pre":');
  const pre = scanAccount(scanner);
  scanner.literal(',"post":');
  const post = scanAccount(scanner);
  scanner.literal("}");
  if (!isFirst) {
    scanner.literal(`,${SUBSCRIPTION}`);
    subscription = scanner.smallInteger();
  }
  scanner.literal("}}");
  if (!scanner.isComplete || slot > U64_MAX) return undefined;
  const diff: AccountDiff = { context: { slot }, account, signature, txIndex, blockTime };
  if (pre !== undefined) diff.pre = pre;
  if (post !== undefined) diff.post = post;
  return { subscription, diff };
}

function scanAccount(scanner: TextScanner): UiAccount | undefined {
  if (scanner.accept("null")) return undefined;
  scanner.literal('{"lamports":');
  const lamports = scanner.integer();
  scanner.literal(',"data":["');
  const data = scanner.string();
  scanner.literal(',"base64"],"owner":"');
  const owner = scanner.string();
  scanner.literal(',"executable":');
  const executable = scanner.accept("true");
  if (!executable) scanner.literal("false");
  scanner.literal(',"rentEpoch":');
  const isExempt = scanner.accept(EXEMPT);
  const rentEpoch = isExempt ? U64_MAX : scanner.integer();
  if (!isExempt) scanner.literal(",");
  scanner.literal('"space":');
  const space = scanner.integer();
  scanner.literal("}");
  return { lamports, data: [data, "base64"], owner, executable, rentEpoch, space };
}
