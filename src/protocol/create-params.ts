import { u16, u32 } from "./scalars.js";
import { flag, orNull } from "./schema.js";

/** What a create says beside its slots and its name, as long as it asks for nothing rare. */
export const usualCreateParams = {
  sendSummary: flag,
  capacityWaitTimeoutSecs: orNull(u16),
  disconnectTimeoutSecs: orNull(u16),
  extraComputeUnits: orNull(u32),
  replayAccountState: flag,
};
