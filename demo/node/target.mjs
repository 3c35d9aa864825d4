// @ts-check
// The simulator of the demo: a local one, or a service.
import { startLocalSimulator } from "../../dist/local.js";

/** Pause after each block, in ms, so that the progress is visible and several slots pass while the client is disconnected. */
const SLOT_DELAY_MS = 4;

/**
 * @typedef {object} Target
 * @property {string} url
 * @property {string | undefined} apiKey
 * @property {readonly string[]} programs the watched programs
 * @property {bigint | undefined} dropAt the slot at which all connections are cut, if any
 * @property {(sessionId: string) => import("../../dist/local.js").SessionRecord | undefined} record the events that the simulator
 * sent; undefined for a service
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
  // Cuts the connections while the server executes a slot. The server has already received the `continue` request for this slot.
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
