// @ts-check
// Number formats. Always English, like the text of the page.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const LAMPORTS_PER_SOL = 1_000_000_000n;

/** Formats a number with grouped digits: `300,000,000`. A bigint stays exact. @param {number | bigint} value */
export function formatNumber(value) {
  return whole.format(value);
}

/** Formats a number in compact form: `1.2M`. @param {number | bigint} value */
export function formatShort(value) {
  return short.format(value);
}

/** Formats a rate: `0`, `7.4`, `1,234`. @param {number} perSecond */
export function formatRate(perSecond) {
  return perSecond === 0 || perSecond >= 100 ? whole.format(perSecond) : oneDigit.format(perSecond);
}

/** Formats a slot, or returns `–` for `undefined`. @param {bigint | undefined} slot */
export function formatSlot(slot) {
  return slot === undefined ? "–" : whole.format(slot);
}

/** Formats lamports in SOL, exactly and without trailing zeros: `1.5 SOL`, `-0.000005 SOL`. @param {bigint} lamports */
export function formatSol(lamports) {
  const sign = lamports < 0n ? "-" : "";
  const size = lamports < 0n ? -lamports : lamports;
  const fraction = `${size % LAMPORTS_PER_SOL}`.padStart(9, "0").replace(/0+$/, "");
  return `${sign}${whole.format(size / LAMPORTS_PER_SOL)}${fraction === "" ? "" : `.${fraction}`} SOL`;
}

/** Formats a duration: `850 ms`, `4.2 s`, `1 min 05 s`, `2 h 03 min`. @param {number} ms */
export function formatDuration(ms) {
  if (ms < 1000) return `${whole.format(ms)} ms`;
  if (ms < 9950) return `${oneDigit.format(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  return `${whole.format(Math.floor(minutes / 60))} h ${twoDigits(minutes % 60)} min`;
}

/** Formats a size: `812 B`, `1.2 kB`, `34.5 MB`. @param {number} bytes */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${whole.format(bytes)} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  // 999.95 would be rounded to 1000.0, so it is shown in the next unit.
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${oneDigit.format(value)} ${units[unit]}`;
}

/** Formats the share of `part` in `total` in percent, rounded down: `37.5 %`. @param {bigint} part @param {bigint} total */
export function formatShare(part, total) {
  return `${oneDigit.format(thousandths(part, total) / 10)} %`;
}

/** Returns the share of `part` in `total` in thousandths, rounded down. @param {bigint} part @param {bigint} total */
export function thousandths(part, total) {
  return total === 0n ? 0 : Number((part * 1000n) / total);
}

/** Formats the time of day: `21:34:05`. @param {number} at ms since 1970 */
export function formatClock(at) {
  return clock.format(at);
}

/** Shortens an address or a signature: `9xQe…VFin`. @param {string} text @param {number} [ends] */
export function shorten(text, ends = 4) {
  return text.length <= 2 * ends + 1 ? text : `${text.slice(0, ends)}…${text.slice(-ends)}`;
}

/** Formats a count with its noun: `1 slot`, `2 slots`. @param {number | bigint} count @param {string} one @param {string} [many] */
export function formatCount(count, one, many = `${one}s`) {
  return `${whole.format(count)} ${count === 1 || count === 1n ? one : many}`;
}

/** @param {number} value */
function twoDigits(value) {
  return `${value}`.padStart(2, "0");
}
