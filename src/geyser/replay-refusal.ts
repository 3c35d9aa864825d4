import { GRPC_CODES } from "./grpc-socket.js";

/** The gRPC statuses with which servers refuse a `fromSlot`. Versions of Yellowstone use different statuses. */
const REFUSAL_CODES: ReadonlySet<number> = new Set([
  GRPC_CODES.invalidArgument,
  GRPC_CODES.outOfRange,
  GRPC_CODES.internal,
  GRPC_CODES.dataLoss,
]);

/**
 * The texts with which Yellowstone and other servers refuse a `fromSlot`. The number in a text is the first slot that the server
 * can replay.
 */
const FIRST_AVAILABLE = /(?:last available|first available slot): (\d{1,20})$/;
const NO_REPLAY = /from_slot is not (?:supported|available)|^failed to get replay position/;

/**
 * Detects the refusal of a server to replay from the requested slot.
 *
 * @returns the first slot that the server can replay, if the refusal contains one; `undefined` for any other status
 */
export function findReplayRefusal(code: number, details: string): { available: bigint | undefined } | undefined {
  if (!REFUSAL_CODES.has(code)) return undefined;
  const [, slot] = FIRST_AVAILABLE.exec(details) ?? [];
  if (slot !== undefined) return { available: BigInt(slot) };
  return NO_REPLAY.test(details) || code === GRPC_CODES.outOfRange ? { available: undefined } : undefined;
}
