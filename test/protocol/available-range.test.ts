import { describe, expect, test } from "vitest";
import { readAvailableRanges } from "../../src/protocol/available-range.js";
import { thrownBy } from "./thrown.js";

describe("the service's ranges", () => {
  test("readAvailableRanges returns ranges in camel case, with slots as bigint", () => {
    const answer = `[{"bundle_start_slot":9007199254740993,"bundle_start_slot_utc":"2026-01-01T00:00:00Z",
      "max_bundle_end_slot":18446744073709551615,"max_bundle_end_slot_utc":"2026-01-02T00:00:00Z",
      "max_bundle_size":10000,"kind":"account_state","scope":"user"}]`;
    expect(readAvailableRanges(answer)).toStrictEqual([
      {
        bundleStartSlot: 9007199254740993n,
        bundleStartSlotUtc: "2026-01-01T00:00:00Z",
        maxBundleEndSlot: 18446744073709551615n,
        maxBundleEndSlotUtc: "2026-01-02T00:00:00Z",
        maxBundleSize: 10000,
        kind: "account_state",
        scope: "user",
      },
    ]);
  });

  test("if a member of a range is null, readAvailableRanges omits the member", () => {
    const answer = '[{"bundle_start_slot":1},{"bundle_start_slot":2,"max_bundle_end_slot":null,"kind":null,"scope":null}]';
    expect(readAvailableRanges(answer)).toStrictEqual([{ bundleStartSlot: 1n }, { bundleStartSlot: 2n }]);
  });

  test("readAvailableRanges keeps unknown members of a newer server", () => {
    const answer = '[{"bundle_start_slot":1,"some_future_field":{"in_depth":1.5,"wide":18446744073709551615,"gone":null}}]';
    expect(readAvailableRanges(answer)).toStrictEqual([
      { bundleStartSlot: 1n, someFutureField: { inDepth: 1.5, wide: 18446744073709551615n } },
    ]);
  });

  for (const [answer, message] of [
    ["", /^available-ranges: the response is not JSON/],
    ["<html>busy</html>", /^available-ranges: the response is not JSON/],
    ["{}", /^available-ranges: ./],
    ["null", /^available-ranges: ./],
    ["[5]", /^available-ranges\.0: /],
    ['[{"bundle_start_slot":1},{"bundle_start_slot":-1}]', /^available-ranges\.1\.bundle_start_slot: expected a u64/],
    ['[{"bundle_start_slot":5.5}]', /^available-ranges\.0\.bundle_start_slot: expected a u64/],
    ['[{"bundle_start_slot":"1"}]', /^available-ranges\.0\.bundle_start_slot: /],
    ['[{"bundleStartSlot":1}]', /^available-ranges\.0\.bundle_start_slot: /],
    ['[{"bundle_start_slot":1,"kind":"transactions"}]', /^available-ranges\.0\.kind: /],
    ['[{"bundle_start_slot":1,"scope":"theirs"}]', /^available-ranges\.0\.scope: /],
  ] as const) {
    test(`readAvailableRanges refuses the response ${answer || "without a text"}`, () => {
      const error = thrownBy(() => readAvailableRanges(answer));
      expect(error.code).toBe("http");
      expect(error.message).toMatch(message);
    });
  }

  test("if the response is not JSON, the error of readAvailableRanges contains the response", () => {
    expect(thrownBy(() => readAvailableRanges("<html>busy</html>"))).toMatchObject({ body: "<html>busy</html>" });
  });
});
