import { selectStyle } from "./terminal-text.js";

/** Adds a style to a text, or returns the text unchanged. */
export type Style = (name: keyof typeof CODES, text: string) => string;

/** Codes for the control sequence SGR (ECMA-48), which all terminals support. */
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
const RESET = 0;

/**
 * Returns a function that adds styles. It changes nothing unless the output is a terminal that allows styles
 * (https://no-color.org).
 */
export function styler(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const isStyled = isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  return (name, text) => (isStyled && text !== "" ? `${selectStyle(CODES[name])}${text}${selectStyle(RESET)}` : text);
}
