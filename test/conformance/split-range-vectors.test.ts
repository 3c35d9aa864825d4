import { expect, test } from "vitest";
import { readAvailableRanges } from "../../src/protocol/available-range.js";
import { splitRange } from "../../src/protocol/split-range.js";
import { thrownBy } from "../protocol/thrown.js";
import { readVectors, title } from "./vectors.js";

interface SplitVectors {
  splitRange: {
    ranges: unknown;
    start: number | bigint;
    end: number | bigint;
    kind: "blocks" | "account_state";
    prefer?: "fewest";
    result: { ok: [start: number | bigint, end: number | bigint][] } | { error: string };
  }[];
}

for (const [index, { ranges, start, end, kind, prefer, result }] of (
  readVectors("wire.json") as SplitVectors
).splitRange.entries()) {
  const split = () =>
    splitRange(readAvailableRanges(ranges), { startSlot: start, endSlot: end }, { kind, ...(prefer && { prefer }) });
  const name = `${start} to ${end}, ${kind}${prefer ? `, ${prefer}` : ""}`;
  if ("ok" in result) {
    test(title(index, name, "is split as the crate splits it"), () => {
      expect(split()).toStrictEqual(result.ok.map(([from, to]) => ({ startSlot: BigInt(from), endSlot: BigInt(to) })));
    });
  } else {
    test(title(index, name, "is refused with the message of the crate"), () => {
      const error = thrownBy(split);
      expect(error.code).toBe("invalidParams");
      expect(error.message).toContain(result.error);
    });
  }
}
