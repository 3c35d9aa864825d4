// @ts-check
// What the demo runs against: a simulator of its own, or a service somewhere.
import { startLocalSimulator } from "../../dist/local.js";

/** Pause after each block of the local ledger, in ms: so slow that one sees it go, and several slots pass while nobody is connected. */
const SLOT_DELAY_MS = 4;

/**
 * @typedef {object} Target
 * @property {string} url
 * @property {string | undefined} apiKey
 * @property {readonly string[]} programs what to watch
 * @property {bigint | undefined} dropAt the slot at which all connections are cut; undefined: never on purpose
 * @property {(sessionId: string) => import("../../dist/local.js").SessionRecord | undefined} record what the server did, where it can be asked
 * @property {() => Promise<void>} close
 */

/** @param {import("./options.mjs").DemoOptions} options @returns {Promise<Target>} */
export async function openTarget({ url, engine, startSlot, slotCount, programs }) {
  if (url !== undefined) {
    const apiKey = process.env.SIMULATOR_API_KEY || undefined;
    return { url, apiKey, programs, dropAt: undefined, record: () => undefined, close: async () => {} };
  }
  const simulator = await startLocalSimulator({ engine, startSlot, slots: slotCount, slotDelayMs: SLOT_DELAY_MS });
  const dropAt = startSlot + slotCount / 2n;
  // At a slot, so that slots are on their way when it happens. A connection that goes just as a continue is written leaves
  // that continue's fate open, and `run()` then waits for `timeouts.progressMs` before it sends it again.
  simulator.faults.schedule({ atSlot: dropAt }, { type: "drop" });
  return {
    url: simulator.url,
    apiKey: undefined,
    programs: programs.length > 0 ? programs : simulator.programs.slice(0, 1),
    dropAt,
    record: (sessionId) => simulator.record.session(sessionId),
    close: () => simulator.close(),
  };
}
