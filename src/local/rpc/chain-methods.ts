import type { Session } from "../session/local-session.js";
import { RPC_CODES, RpcFailure } from "../wire/json-rpc.js";
import { readContext } from "./rpc-config.js";
import { inContext, type RpcMethods, readBlockhash, readCount } from "./rpc-method.js";

/** Slots per epoch on mainnet. */
const SLOTS_PER_EPOCH = 432_000n;

/** Methods that report the current position of the session. */
export const CHAIN_METHODS: RpcMethods = {
  getHealth: () => "ok",
  getVersion: () => ({ "solana-core": "2.2.0", "feature-set": 0 }),
  getSlot: (session, [config]) => {
    readContext(session, config);
    return session.slot;
  },
  getBlockHeight: (session, [config]) => {
    readContext(session, config);
    return session.withEngine((engine) => (engine.blockHeight ?? missing("block heights")).call(engine));
  },
  /** @solana/kit calls this method before it waits for a confirmation. */
  getEpochInfo: async (session, [config]) => {
    readContext(session, config);
    const blockHeight = await session.withEngine((engine) => (engine.blockHeight ?? missing("block heights")).call(engine));
    const { slot } = session;
    return {
      absoluteSlot: slot,
      blockHeight,
      epoch: slot / SLOTS_PER_EPOCH,
      slotIndex: slot % SLOTS_PER_EPOCH,
      slotsInEpoch: SLOTS_PER_EPOCH,
      transactionCount: null,
    };
  },
  getBlockTime: async (session, [given]) => {
    const slot = readCount(given, "a slot");
    const block = session.notifications.block(slot) ?? (await standingBlock(session, slot));
    if (block !== undefined) return block.blockTime;
    throw slot > session.slot
      ? new RpcFailure(RPC_CODES.blockNotAvailable, `Block not available for slot ${slot}`)
      : new RpcFailure(RPC_CODES.slotSkipped, `Slot ${slot} was skipped, or missing in long-term storage`);
  },
  getLatestBlockhash: async (session, [config]) => {
    readContext(session, config);
    return inContext(
      session,
      await session.withEngine((engine) => (engine.latestBlockhash ?? missing("blockhashes")).call(engine)),
    );
  },
  isBlockhashValid: async (session, [blockhash, config]) => {
    const text = readBlockhash(blockhash);
    readContext(session, config);
    return inContext(
      session,
      await session.withEngine((engine) => (engine.isBlockhashValid ?? missing("blockhashes")).call(engine, text)),
    );
  },
};

/** Returns the current block of the session if it is the block of this slot. */
async function standingBlock(session: Session, slot: bigint): Promise<{ blockTime: bigint | null } | undefined> {
  const block = await session.withEngine((engine) => engine.currentBlock());
  return block?.slot === slot ? block : undefined;
}

function missing(what: string): () => never {
  return () => {
    throw new RpcFailure(RPC_CODES.methodNotFound, `this engine has no ${what}`);
  };
}
