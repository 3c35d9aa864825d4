// @ts-check
// Colours, if the output is a terminal and NO_COLOR is not set (https://no-color.org).

/** @param {{ isTTY?: boolean }} stream @returns {(code: "bold" | "dim" | "red" | "green" | "yellow", text: string) => string} */
export function styler(stream) {
  const coloured = stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  return (code, text) => (coloured ? `\x1b[${CODES[code]}m${text}\x1b[0m` : text);
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
