/** Formats an integer with its digits in groups of three: `300,000,000`. */
export function count(value: bigint | number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Formats a count with its noun: `1 slot`, `2 slots`. */
export function plural(value: bigint | number, noun: string, nouns = `${noun}s`): string {
  return `${count(value)} ${BigInt(value) === 1n ? noun : nouns}`;
}

/** Formats a measured duration. Long durations are rounded. */
export function duration(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : wholeDuration(seconds);
}

/** Formats an estimated duration, without tenths of a second. */
export function wholeDuration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

const BYTE_UNITS = ["kB", "MB", "GB", "TB"];

/** Formats a number of bytes in the largest suitable unit: `4.3 kB`. */
export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  let scaled = value;
  let unit = "";
  for (const next of BYTE_UNITS) {
    if (scaled < 1_000) break;
    scaled /= 1_000;
    unit = next;
  }
  return `${scaled.toFixed(1)} ${unit}`;
}
