import { shortMint } from "./mint-table.js";
import { fixed, money, signedFixed, toU64Saturated } from "./rust-number-format.js";
import { addDirections, type Direction, type DirectionSum, toDirection } from "./venue-flow.js";

/** The text lists this many directions, and the sum of the remaining directions. */
const LISTED_DIRECTIONS = 12;

/** Formats a venue report as text. Every byte is the same as in the output of the Rust crate. */
export function renderVenueReport(
  name: string,
  subtitle: string | undefined,
  hasPrices: boolean,
  total: DirectionSum,
  directions: readonly DirectionSum[],
): string {
  const ranked = rank(directions.filter(({ l1, requoted }) => l1.legs > 0 || requoted.legs > 0));
  const others = ranked.slice(LISTED_DIRECTIONS);
  const lines = [
    "",
    `  ${name}${(subtitle ?? undefined) === undefined ? "" : `   ${subtitle}`}`,
    "",
    row("", "on L1", "re-quoted", "delta"),
    ...rows(toDirection(total), "", hasPrices),
  ];
  for (const direction of ranked.slice(0, LISTED_DIRECTIONS)) {
    const [input, output] = direction.pair ?? ["", ""];
    lines.push("", `  ${shortMint(input)} → ${shortMint(output)}`, ...rows(toDirection(direction), "  ", hasPrices));
  }
  if (others.length > 0) {
    lines.push("", `  + ${others.length} more directions`, ...rows(toDirection(addDirections(others)), "  ", hasPrices));
  }
  return `${lines.join("\n")}\n`;
}

/** Sorts directions by value in whole dollars. Equal values are sorted by the number of swaps. */
function rank(directions: readonly DirectionSum[]): DirectionSum[] {
  const ranks = directions.map((direction) => ({
    direction,
    dollars: toU64Saturated(Math.max(direction.l1.usd, direction.requoted.usd)),
    swaps: Math.max(direction.l1.legs, direction.requoted.legs),
  }));
  ranks.sort((a, b) => (a.dollars === b.dollars ? b.swaps - a.swaps : a.dollars < b.dollars ? 1 : -1));
  return ranks.map(({ direction }) => direction);
}

function rows({ l1, requoted, share, fullyUnpriced }: Direction, indent: string, hasPrices: boolean): string[] {
  const swaps = requoted.legs - l1.legs;
  const lines = [row(`${indent}swaps`, `${l1.legs}`, `${requoted.legs}`, `${swaps < 0 ? "" : "+"}${swaps}`)];
  if (hasPrices && !fullyUnpriced) {
    const delta = `${requoted.usd < l1.usd ? "-" : "+"}${money(Math.abs(requoted.usd - l1.usd))}`;
    lines.push(row(`${indent}volume`, money(l1.usd), money(requoted.usd), delta));
  }
  const unpriced = l1.withoutPrice + requoted.withoutPrice;
  if (unpriced > 0) lines.push(`  ${indent}(${unpriced} swaps in mints this range could not price)`);
  if (share !== undefined) {
    const [before, after] = share;
    lines.push(row(`${indent}share`, `${fixed(before, 1)}%`, `${fixed(after, 1)}%`, `${signedFixed(after - before, 1)}pp`));
  }
  return lines;
}

function row(label: string, ...columns: string[]): string {
  return `  ${label.padEnd(10)}${columns.map((column) => ` ${column.padStart(14)}`).join("")}`;
}
