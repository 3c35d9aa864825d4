import * as v from "valibot";
import { address, u64 } from "./scalars.js";
import { boolean, record } from "./schema.js";
import { encodedBinary } from "./shapes.js";

const accountData = v.object({ data: encodedBinary, executable: boolean, lamports: u64, owner: address, space: u64 });
/** Account states, with the addresses as keys. */
export const accountModifications = record(address, accountData);
