export type {
  GeyserAccountCondition,
  GeyserAccountFilter,
  GeyserFilters,
  GeyserInnerInstruction,
  GeyserInstruction,
  GeyserMessage,
  GeyserReward,
  GeyserSlotFilter,
  GeyserTokenBalance,
  GeyserTransactionFilter,
  GeyserTransactionMeta,
} from "../protocol/geyser/geyser-messages.js";
export type {
  GeyserAccountEvent,
  GeyserBlockMetaEvent,
  GeyserEntryEvent,
  GeyserEvent,
  GeyserSlotEvent,
  GeyserSlotStatus,
  GeyserTransaction,
  GeyserTransactionEvent,
  GeyserTransactionStatusEvent,
  GeyserUpdateEvent,
} from "./geyser-events.js";
export type { GeyserCommitment, GeyserDataSlice } from "./geyser-filters.js";
export type { GeyserOptions } from "./geyser-options.js";
export { type GeyserEmitterEvents, type GeyserEnd, GeyserSubscription } from "./geyser-subscription.js";
export type { GrpcCall, GrpcClient, GrpcModule } from "./grpc-module.js";
export { subscribeGeyser } from "./subscribe-geyser.js";
