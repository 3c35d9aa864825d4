import type { FleetStatus, JobStatus } from "../../fleet/fleet-status.js";
import type { JobState } from "../../fleet/jobs/job-manifest.js";
import type { Style } from "../terminal/style.js";
import { type Column, table } from "../terminal/table.js";
import { bytes, count, duration, plural } from "../terminal/units.js";

const BAR_WIDTH = 20;
const STATES: readonly JobState[] = ["running", "waiting", "completed", "failed", "cancelled"];
const COLUMNS: readonly Column[] = [
  { title: "job" },
  { title: "state" },
  { title: "progress" },
  { title: "transactions", align: "right" },
  { title: "record", align: "right" },
  { title: "time", align: "right" },
];

/** Returns the lines of `fleet status`: one line per job, with the running jobs first, and then the totals. */
export function fleetLines({ counts, jobs }: FleetStatus, style: Style, limit = Number.POSITIVE_INFINITY): string[] {
  const sorted = [...jobs].sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
  const shown = sorted.slice(0, limit);
  const lines = table(COLUMNS, shown.map(rowOf));
  const failures = shown.flatMap(({ state, job, failure }) =>
    failure === undefined || state === "completed" ? [] : [style("red", `${job.id}: ${failure.message}`)],
  );
  const hidden = jobs.length - shown.length;
  return [...lines, ...(hidden > 0 ? [`and ${count(hidden)} more`] : []), ...failures, "", countsLine(counts)];
}

/** Returns the number of jobs in each state, without the states that no job is in. */
export function countsLine(counts: FleetStatus["counts"]): string {
  const total = STATES.reduce((sum, state) => sum + counts[state], 0);
  const parts = STATES.filter((state) => counts[state] > 0).map((state) => `${count(counts[state])} ${state}`);
  return `${plural(total, "job")}: ${parts.join(", ")}`;
}

function rowOf({ job, state, done, tally, bytes: size, seconds }: JobStatus): string[] {
  const filled = state === "completed" ? BAR_WIDTH : Math.floor(done * BAR_WIDTH);
  const percent = state === "completed" ? 100 : Math.floor(done * 100);
  const bar = `${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)} ${String(percent).padStart(3)} %`;
  return [job.id, state, bar, count(tally.transactions), bytes(size), duration(seconds)];
}
