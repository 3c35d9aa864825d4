import { createOptions } from "../protocol/create-params.js";
import { invalidParams } from "../protocol/error-helpers.js";
import { refuseUnknownNames } from "../protocol/known-names.js";
import { writeParams } from "../protocol/message.js";

/** The parameters that this version supports. All others are refused. */
const KNOWN_PARAMS = [...Object.keys(createOptions.entries), ...["startSlot", "endSlot", "slotCount", "name", "extra"]];

/** @throws SimulatorError `invalidParams`, naming a parameter that this version does not support */
export function refuseUnknownParams(create: object): void {
  refuseUnknownNames(create, KNOWN_PARAMS, "parameter");
}

/**
 * Returns `extra`: the parameters for a newer server, which are sent unchanged.
 *
 * @throws SimulatorError `invalidParams` if `extra` contains a parameter that this version supports
 */
export function checkedExtra(extra: unknown): object {
  if (typeof extra !== "object" || extra === null) throw invalidParams("extra", "expected an object");
  const known = Object.keys(extra).find((name) => KNOWN_PARAMS.includes(name) || name === "parallel" || name === "createToken");
  if (known !== undefined) throw invalidParams(`extra.${known}`, "not allowed in extra: the client sets it from its own options");
  writeParams(extra, "extra");
  return extra;
}
