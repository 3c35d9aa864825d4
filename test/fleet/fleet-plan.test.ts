import { describe, expect, it } from "vitest";
import { checkPlan } from "../../src/fleet/plan/fleet-plan.js";

const PROGRAM = "So11111111111111111111111111111111111111112";
const PLAN = { url: "ws://host", ranges: [{ startSlot: 100, endSlot: 109 }], sink: { kind: "folder", folder: "/records" } };

describe("a plan", () => {
  it("checkPlan adds the defaults to a plan, and adds one variant without changes if the plan has no variants", () => {
    expect(checkPlan(PLAN)).toMatchObject({
      ranges: [{ startSlot: 100n, endSlot: 109n }],
      variants: [{ name: "baseline" }],
      subscriptions: [],
      format: "ndjson",
      session: { disconnectTimeoutSecs: 900, sendSummary: true },
      checkpointEveryMs: 5_000,
      retries: 3,
    });
  });

  it.each([
    [{ url: "ftp://host" }, /url: /],
    [{ url: "wss://host?api_key=secret" }, /plan\.url: it must not contain the API key/],
    [{ variantz: [] }, /plan\.variantz: unknown member\. Did you mean variants\?/],
    [{ ranges: [] }, /plan\.ranges: expected at least one range/],
    [{ ranges: [{ startSlot: 5, endSlot: 4 }] }, /plan\.ranges\.0\.endSlot: 4 is before startSlot 5/],
    [{ ranges: [...PLAN.ranges, ...PLAN.ranges] }, /the range 100-109 occurs twice/],
    [{ ranges: { startSlot: 1, endSlot: 2, split: "halves" } }, /plan\.ranges\.split: expected one of bundles/],
    [{ variants: [] }, /plan\.variants: expected at least one variant/],
    [{ variants: [{ name: "../up" }] }, /plan\.variants\.0\.name: expected up to 40 letters/],
    [{ variants: [{ name: "a" }, { name: "A" }] }, /two variants have the name a/],
    [{ variants: [{ name: "a", programs: { nobody: "file" } }] }, /plan\.variants\.0\.programs/],
    [{ subscriptions: [{ kind: "transactions", programs: [PROGRAM] }] }, /plan\.subscriptions\.0\.kind: expected one of/],
    [{ subscriptions: [{ kind: "transaction", programs: [] }] }, /plan\.subscriptions\.0\.programs/],
    [{ sink: { kind: "tape" } }, /plan\.sink\.kind: expected folder or s3/],
    [{ sink: { kind: "s3" } }, /plan\.sink\.bucket/],
    [{ format: "xml" }, /plan\.format: expected one of ndjson, csv, parquet/],
    [{ retries: -1 }, /plan\.retries/],
  ])("checkPlan refuses a plan with %j, and the error names the invalid member", (more, message) => {
    expect(() => checkPlan({ ...PLAN, ...more })).toThrow(message);
  });

  it("checkPlan refuses a plan with a `sink` if the fleet is stored in a folder", () => {
    expect(() => checkPlan(PLAN, "records")).toThrow(/omit the sink/);
    const { sink: _, ...rest } = PLAN;
    expect(checkPlan(rest, "/records").sink).toEqual({ kind: "folder", folder: "/records" });
  });
});
