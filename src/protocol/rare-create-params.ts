import * as v from "valibot";
import { list } from "./rare-schema.js";
import { reroute } from "./reroute.js";
import { diagnosticProbe } from "./scheduled-action.js";
import { opt, text } from "./schema.js";
import { discoveryFilter } from "./shapes.js";

/** What a create may ask for beyond a plain replay. */
export const rareCreateParams = {
  reroute: opt(reroute),
  discoveries: list(discoveryFilter),
  /** Base64 of a zstd frame of the actions' JSON. */
  actions: v.optional(text),
  diagnosticProbes: list(diagnosticProbe),
};
