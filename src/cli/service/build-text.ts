import type { BundleBuild, BundleBuilds, DeletedBundle } from "../../client/http/answers.js";
import type { Style } from "../terminal/style.js";
import { factLines, table } from "../terminal/table.js";
import { escapeUnsafe } from "../terminal/terminal-text.js";
import { bytes, count, plural, wholeDuration } from "../terminal/units.js";

/** Returns the kind of a bundle. Older servers send no kind, which means `blocks`. */
function kindOf({ kind }: { kind?: string }): string {
  return escapeUnsafe(kind ?? "blocks");
}

/** Formats a bundle build as readable text. */
export function buildLines(build: BundleBuild, style: Style): string[] {
  const { requestId, status, startSlot, endSlot, bundleSize, createdAtUnixMs, etaSecs } = build;
  return [
    style(status === "failed" ? "red" : "bold", escapeUnsafe(`${requestId}: ${status}`)),
    ...factLines(
      [
        ["slots", `${startSlot} to ${endSlot}`],
        ["kind", kindOf(build)],
        ["bundles", bundleSize === undefined ? "one bundle, or as the service divides it" : `of ${plural(bundleSize, "slot")}`],
        ["requested", utc(createdAtUnixMs)],
        ...(etaSecs === undefined ? [] : [["time left", wholeDuration(Number(etaSecs))] as const]),
      ],
      style,
    ),
  ];
}

const SLOTS = [
  { title: "first slot", align: "right" },
  { title: "last slot", align: "right" },
] as const;

/** Formats the builds and the bundles of an API key. The newest build comes first. */
export function buildListLines({ builds, bundles }: BundleBuilds, style: Style): string[] {
  const buildRows = builds.map((build) => [
    escapeUnsafe(build.requestId),
    escapeUnsafe(build.status),
    String(build.startSlot),
    String(build.endSlot),
    kindOf(build),
    utc(build.createdAtUnixMs),
  ]);
  const [buildHeader = "", ...buildTable] = table(
    [{ title: "build" }, { title: "status" }, ...SLOTS, { title: "kind" }, { title: "requested" }],
    buildRows,
  );
  const lines = builds.length === 0 ? ["no builds"] : [style("dim", buildHeader), ...buildTable];
  if (bundles === undefined) return [...lines, "", "the service could not list your bundles"];
  if (bundles.length === 0) return [...lines, "", "no bundles"];
  const bundleRows = bundles.map((bundle) => [
    kindOf(bundle),
    String(bundle.startSlot),
    String(bundle.endSlot),
    count(bundle.endSlot - bundle.startSlot + 1n),
    bundle.sizeBytes === undefined ? "" : bytes(Number(bundle.sizeBytes)),
    bundle.completedAtUnixMs === undefined ? "" : utc(bundle.completedAtUnixMs),
  ]);
  const [header = "", ...rows] = table(
    [{ title: "bundle" }, ...SLOTS, { title: "slots", align: "right" }, { title: "size", align: "right" }, { title: "built" }],
    bundleRows,
  );
  return [...lines, "", style("dim", header), ...rows];
}

export function deletedLine(bundle: DeletedBundle): string {
  return `deleted the bundle of kind ${kindOf(bundle)} with the slots ${bundle.startSlot} to ${bundle.endSlot}`;
}

/** Formats a time in ms since 1970 as RFC 3339. Returns an empty text for a time that `Date` cannot represent. */
function utc(unixMs: bigint): string {
  const date = new Date(Number(unixMs));
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().replace(/\.\d+/, "");
}
