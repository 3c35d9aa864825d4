/** Colours a text, or leaves it as it is. */
export type Style = (name: keyof typeof CODES, text: string) => string;

/** SGR codes of ECMA-48 that every terminal knows. */
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

/** Colours only on a terminal that is allowed to show them (https://no-color.org). */
export function styler(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const isColoured = isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  return (name, text) => (isColoured && text !== "" ? `\x1b[${CODES[name]}m${text}\x1b[0m` : text);
}
