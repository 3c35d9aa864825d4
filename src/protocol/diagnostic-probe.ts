import * as v from "valibot";
import { address, u32 } from "./scalars.js";
import { actionAnchor } from "./scheduled-action.js";
import { opt, text } from "./schema.js";

/** The maximum numbers of markets and sizes, from the Rust crate (`simulator-api` 0.28). */
const MAX_MARKETS = 64;
const MAX_USD_VALUES = 16;

/** The wire format of a diagnostic probe, which measures the depth of markets. `anchor` determines when the probe fires. */
export const diagnosticProbe = v.object({
  anchor: actionAnchor,
  markets: v.array(address),
  usdValues: v.array(u32),
  label: opt(text),
});

/** Returns why a diagnostic probe is invalid, or `undefined`. */
export function findProbeProblem({
  anchor,
  markets,
  usdValues,
}: {
  anchor: { at: string };
  markets: readonly string[];
  usdValues: readonly number[];
}): string | undefined {
  if (anchor.at !== "afterSlot" && anchor.at !== "afterEverySlot") return "expected the anchor afterSlot or afterEverySlot";
  if (markets.length < 1 || markets.length > MAX_MARKETS) return `expected 1 to ${MAX_MARKETS} markets, got ${markets.length}`;
  if (new Set(markets).size < markets.length) return "expected each market once";
  if (usdValues.length < 1 || usdValues.length > MAX_USD_VALUES)
    return `expected 1 to ${MAX_USD_VALUES} usdValues, got ${usdValues.length}`;
  return usdValues.includes(0) ? "expected usdValues above 0" : undefined;
}
