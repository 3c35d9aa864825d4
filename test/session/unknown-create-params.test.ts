import { describe, expect, test } from "vitest";
import { checkedExtra, refuseUnknownParams } from "../../src/session/unknown-create-params.js";
import { thrownBy } from "../protocol/thrown.js";

describe("unknown create parameters", () => {
  test("an unknown create parameter is refused with the name of the closest known parameter", () => {
    const error = thrownBy(() => refuseUnknownParams({ startSlot: 1, endSlot: 2, sendSumary: true }));
    expect(error).toMatchObject({ code: "invalidParams", field: "sendSumary" });
    expect(error).toHaveProperty("message", "sendSumary: unknown parameter. Did you mean sendSummary?");
  });

  test("the documented create parameters are accepted", () => {
    refuseUnknownParams({ startSlot: 1, slotCount: 2, name: "a", extra: {}, discoveries: [], reroute: {}, actions: [] });
  });

  test("unknown parameters in `extra` are returned unchanged", () => {
    const extra = { signerFilter: ["a"], accountEvents: true };
    expect(checkedExtra(extra)).toBe(extra);
  });

  test.each(["startSlot", "sendSummary", "parallel", "createToken"])("`extra` with the known parameter %s is refused", (name) => {
    const error = thrownBy(() => checkedExtra({ signerFilter: [], [name]: true }));
    expect(error).toMatchObject({ code: "invalidParams", field: `extra.${name}` });
  });

  test.each([[null], [undefined], ["signerFilter"], [7]])("`extra` that is not an object is refused: %s", (extra) => {
    expect(thrownBy(() => checkedExtra(extra))).toMatchObject({ code: "invalidParams", field: "extra" });
  });
});
