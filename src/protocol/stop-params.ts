import * as v from "valibot";
import { u32, u64 } from "./scalars.js";
import { orNull } from "./schema.js";

/** Where a continueTo stops. */
export const continueToParams = v.object({ slot: u64, batchIndex: orNull(u32) });
