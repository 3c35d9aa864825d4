import type { DepthCoverage, DepthStatus } from "../../client/http/answers.js";
import type { Style } from "../terminal/style.js";
import { factLines } from "../terminal/table.js";
import { escapeUnsafe } from "../terminal/terminal-text.js";
import { count } from "../terminal/units.js";

/** Formats the status of a depth dataset as readable text. */
export function depthLines(dataset: DepthStatus, style: Style): string[] {
  const { requestId, status, startSlot, endSlot, source, granularity = "slot", capture, modificationDigest } = dataset;
  return [
    style(status === "failed" ? "red" : "bold", escapeUnsafe(`${requestId}: ${status}`)),
    ...factLines(
      [
        ["slots", `${startSlot} to ${endSlot}`],
        ["source", escapeUnsafe(`${source}, sampled at each ${granularity === "oracle" ? "oracle update" : granularity}`)],
        ...(capture === undefined ? [] : [["captured", `${capture.start} to ${capture.end}`] as const]),
        ...(modificationDigest === undefined ? [] : [["overrides", escapeUnsafe(modificationDigest)] as const]),
      ],
      style,
    ),
  ];
}

/** Formats the output of `depth coverage`: the markets, the venues and the datasets of each source. */
export function coverageLines({ sources }: DepthCoverage, style: Style): string[] {
  return sources.flatMap(({ source, revision, markets, venues, sizeRungs, completedRanges }) => [
    style("bold", escapeUnsafe(`${source}, revision ${count(revision)}, ${count(sizeRungs)} sizes in each direction`)),
    ...factLines(
      [
        ["markets", escapeUnsafe(markets.join(", "))],
        ["venues", escapeUnsafe(venues.join(", "))],
        ["datasets", completedRanges.map(({ start, end }) => `${start} to ${end}`).join(", ") || "none"],
      ],
      style,
    ),
  ]);
}
