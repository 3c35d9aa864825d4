import { selectStyle } from "./terminal-text.js";

/** Styles a text, or returns it unchanged. */
export type Style = (name: keyof typeof CODES, text: string) => string;

/** SGR codes of ECMA-48, supported by all terminals. */
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
const RESET = 0;

/** Styles are used only on a terminal that allows them (https://no-color.org). */
export function styler(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const isStyled = isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  return (name, text) => (isStyled && text !== "" ? `${selectStyle(CODES[name])}${text}${selectStyle(RESET)}` : text);
}
