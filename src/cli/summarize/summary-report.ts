import { stringifyJson } from "../../codec/json.js";
import { formatUnits } from "../../protocol/token-amount.js";
import type { VenueTarget } from "../../reroute/index.js";
import { type RerouteReports, rerouteReports } from "../run/reroute-report.js";
import type { Style } from "../terminal/style.js";
import { count } from "../terminal/units.js";
import type { RecordSummary } from "./record-summary.js";
import type { WalletBalance } from "./wallet-balances.js";

const LAMPORT_DECIMALS = 9;

/** Builds the reroute reports of a record. @throws SimulatorError if a line of the record is not a replacement */
export function recordReroute(summary: RecordSummary, venue: VenueTarget | undefined): RerouteReports {
  return rerouteReports(summary.replacements, venue, describeRange(summary));
}

function describeRange({ header, firstSlot, lastSlot }: RecordSummary): string {
  const [start, end] = [header?.startSlot ?? firstSlot, header?.endSlot ?? lastSlot];
  return start === undefined || end === undefined ? "the record" : `slots ${start} to ${end}`;
}

/** Formats the summary of a record as readable text. */
export function recordLines(summary: RecordSummary, style: Style): string[] {
  const { transactions, failed, fees, computeUnits, isComplete, others } = summary;
  const figures: [name: string, figure: string, note: string][] = [
    ["transactions", count(transactions), `${count(failed)} failed`],
    ["compute units", count(Number(computeUnits)), ""],
    ["fees", `${formatUnits(fees, LAMPORT_DECIMALS)} SOL`, ""],
    ...[...others].map(([name, times]): [string, string, string] => [name, count(times), ""]),
  ];
  const nameWidth = Math.max(...figures.map(([name]) => name.length)) + 2;
  const width = Math.max(...figures.map(([, figure]) => figure.length));
  return [
    style(isComplete ? "green" : "red", `${describeRange(summary)}, ${isComplete ? "completed" : "not completed"}`),
    ...figures.map(([name, figure, note]) =>
      `  ${name.padEnd(nameWidth)}${figure.padStart(width)}  ${style("dim", note)}`.trimEnd(),
    ),
    ...summary.failures.lines(),
    ...summary.wallets.rows.map(describeBalance),
  ];
}

function describeBalance({ wallet, mint, decimals, opening, closing, change }: WalletBalance): string {
  const places = mint === undefined ? LAMPORT_DECIMALS : (decimals ?? 0);
  const sign = change > 0n ? "+" : "";
  return `  ${wallet} ${mint ?? "SOL"}: ${formatUnits(opening, places)} → ${formatUnits(closing, places)} (${sign}${formatUnits(change, places)})`;
}

/** Formats the summary of a record as one line of JSON. */
export function recordJson(summary: RecordSummary, reroute: RerouteReports | undefined): string {
  const { header, isComplete, transactions, failed, fees, computeUnits, failures, wallets, others } = summary;
  return stringifyJson({
    ...header,
    isComplete,
    transactions,
    failedTransactions: failed,
    fees,
    computeUnits,
    others: Object.fromEntries(others),
    failures: failures.reasons,
    wallets: wallets.rows,
    reroute: reroute?.json,
  });
}
