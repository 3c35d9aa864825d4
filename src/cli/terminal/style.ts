import { selectStyle } from "./terminal-text.js";

/** Adds a style to a text. Returns the text unchanged if the output has no styles. */
export type Style = (name: keyof typeof CODES, text: string) => string;

/** Parameters of the control sequence SGR (ECMA-48), which all terminals support. */
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
const RESET = 0;

/** Returns a function that adds styles, or leaves the text unchanged if the output has no styles. */
export function styler(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const isStyled = hasStyles(isTerminal, env);
  return (name, text) => (isStyled && text !== "" ? `${selectStyle(CODES[name])}${text}${selectStyle(RESET)}` : text);
}

/**
 * FORCE_COLOR overrides NO_COLOR and the kind of the output, as in Node.js. See https://force-color.org and https://no-color.org.
 * The values `0` and `false` of FORCE_COLOR disable styles.
 */
function hasStyles(isTerminal: boolean, { FORCE_COLOR, NO_COLOR, TERM }: Readonly<Record<string, string | undefined>>): boolean {
  if (FORCE_COLOR) return !/^(?:0|false)$/i.test(FORCE_COLOR);
  return isTerminal && !NO_COLOR && TERM !== "dumb";
}
