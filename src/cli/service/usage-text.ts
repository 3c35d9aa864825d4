import type { SessionUsage, UsagePricing, UsageReport } from "../../client/http/answers.js";
import type { Style } from "../terminal/style.js";
import { type Column, factLines, table } from "../terminal/table.js";
import { escapeUnsafe } from "../terminal/terminal-text.js";
import { count, duration } from "../terminal/units.js";

/**
 * Returns the price of executed slots, in dollars. Sessions that need more than `maxMsPerSlot` for each slot are billed by their
 * time.
 */
export function usageCost({ dollarsPerSlot, dollarsPerMinute, maxMsPerSlot }: UsagePricing, slots: number, ms: bigint): number {
  return BigInt(slots) * maxMsPerSlot >= ms ? slots * dollarsPerSlot : (Number(ms) / 60_000) * dollarsPerMinute;
}

const AMOUNTS: readonly Column[] = [
  { title: "slots", align: "right" },
  { title: "duration", align: "right" },
  { title: "cost", align: "right" },
];

interface Amount {
  executedSlotCount: number;
  sessionDurationMs: bigint;
}

/** Formats the usage of an API key as readable text. Days without usage are omitted. */
export function usageLines(report: UsageReport, sessions: readonly SessionUsage[] | undefined, style: Style): string[] {
  const { apiKeyName, since, until, compute, daily = [], bundleBuilds, pricing } = report;
  const { started, completed, failed } = report.sessions;
  const cells = ({ executedSlotCount, sessionDurationMs }: Amount): string[] => [
    count(executedSlotCount),
    duration(Number(sessionDurationMs) / 1000),
    pricing === undefined ? "" : `$${usageCost(pricing, executedSlotCount, sessionDurationMs).toFixed(2)}`,
  ];
  const days = daily.filter(
    (day) => day.sessions.started + day.sessions.completed + day.sessions.failed + day.compute.executedSlotCount > 0,
  );
  return [
    style("bold", escapeUnsafe(`usage of the API key ${apiKeyName}`)),
    ...factLines(
      [
        ["from", escapeUnsafe(since)],
        ["to", escapeUnsafe(until)],
        ["sessions", `${count(started)} started, ${count(completed)} completed, ${count(failed)} not completed`],
        ["slots", count(compute.executedSlotCount)],
        ["duration", duration(Number(compute.sessionDurationMs) / 1000)],
        ...(bundleBuilds === undefined ? [] : [["builds", count(bundleBuilds.requested)] as const]),
      ],
      style,
    ),
    ...section(
      style,
      [
        { title: "day (UTC)" },
        { title: "started", align: "right" },
        { title: "completed", align: "right" },
        { title: "not completed", align: "right" },
        ...AMOUNTS,
      ],
      days.map((day) => [
        escapeUnsafe(day.start.slice(0, 10)),
        count(day.sessions.started),
        count(day.sessions.completed),
        count(day.sessions.failed),
        ...cells(day.compute),
      ]),
    ),
    ...section(
      style,
      [{ title: "name" }, { title: "session" }, { title: "started" }, ...AMOUNTS],
      (sessions ?? []).map((session) => [
        escapeUnsafe(session.sessionName ?? ""),
        escapeUnsafe(session.sessionId),
        escapeUnsafe(session.startedAt),
        ...cells(session),
      ]),
    ),
    ...(sessions?.length === 0 ? ["", "no sessions have ended in this window"] : []),
  ];
}

function section(style: Style, columns: readonly Column[], rows: readonly string[][]): string[] {
  if (rows.length === 0) return [];
  const [header = "", ...lines] = table(columns, rows);
  return ["", style("dim", header), ...lines];
}
