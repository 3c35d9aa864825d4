import { type BenchmarkFigures, meanBps } from "./benchmark-figures.js";
import { compareBytes } from "./byte-order.js";
import { median } from "./prices.js";
import { compareTotal, fixed, groupThousands, signedFixed, wholeDollars } from "./rust-number-format.js";

/** A venue is listed if its volume on the original routes or on the new routes is at least this amount, in dollars. */
const DUST_USD = 10_000;

/** Formats a benchmark as Markdown. Every byte is the same as in the output of the Rust crate. */
export function renderBenchmark(title: string, figures: BenchmarkFigures): string {
  const { vol, better, same, worse } = figures;
  if (vol === 0) return `### ${title}: no measurable legs\n`;
  const parts = [figures.vol_better, figures.vol_same, figures.vol_worse].map((part) => fixed((part / vol) * 100, 1));
  const lines = [
    `### ${title}`,
    `vw vs L1: **${signedFixed(meanBps(figures), 2)} bps** ${volume(figures)}`,
    `b/s/w: ${[better, same, worse].map(groupThousands).join(" / ")}  (by volume ${parts.join(" / ")}%)`,
    `per-leg bps: ${describeLegs(figures.bps)}`,
    ...describeSide("majors<->majors", figures.majors),
    ...describeSide("exotic-involved", figures.exotic),
    "",
    "| Venue | our share | L1 share | vw bps (our legs) |",
    "|---|---|---|---|",
    ...venueRows(figures),
  ];
  return `${lines.join("\n")}\n`;
}

function volume({ net, vol }: { net: number; vol: number }): string {
  return `(net ${wholeDollars(net, { signed: true })}$ on $${wholeDollars(vol)})`;
}

function describeSide(name: string, side: { net: number; vol: number }): string[] {
  return side.vol > 0 ? [`${name}: ${signedFixed(meanBps(side), 2)} bps ${volume(side)}`] : [];
}

function describeLegs(bps: readonly number[]): string {
  const sorted = [...bps].sort(compareTotal);
  const quartile = (index: number): string => signedFixed(sorted[index] ?? 0, 2);
  const { length } = sorted;
  const middle = signedFixed(median(sorted) ?? 0, 2);
  return `median ${middle}, IQR [${quartile(Math.trunc(length / 4))}, ${quartile(Math.trunc((3 * length) / 4))}]`;
}

function venueRows({ venues }: BenchmarkFigures): string[] {
  const all = Object.entries(venues).sort(([a], [b]) => compareBytes(a, b));
  const total = (side: "us" | "l1"): number =>
    Math.max(
      all.reduce((sum, [, venue]) => sum + venue[side], 0),
      1,
    );
  const [ourTotal, l1Total] = [total("us"), total("l1")];
  return all
    .sort(([, a], [, b]) => b.us - a.us)
    .filter(([, { us, l1 }]) => us >= DUST_USD || l1 >= DUST_USD)
    .map(([label, { us, l1, net }]) => {
      const shares = `${fixed((us / ourTotal) * 100, 1)}% | ${fixed((l1 / l1Total) * 100, 1)}%`;
      return `| ${label} | ${shares} | ${signedFixed(meanBps({ net, vol: us }), 2)} |`;
    });
}
