import * as v from "valibot";
import { address, u64 } from "./scalars.js";
import { boolean, record } from "./schema.js";
import { encodedBinary } from "./shapes.js";

const SHAPE = 'expected { data: { data, encoding: "base64" }, executable, lamports, owner, space }';

const accountData = v.object(
  { data: v.object(encodedBinary.entries, SHAPE), executable: boolean, lamports: u64, owner: address, space: u64 },
  SHAPE,
);
/** Account states, with the addresses as keys. */
export const accountModifications = record(address, accountData);
