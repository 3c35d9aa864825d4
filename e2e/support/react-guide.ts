import { readFileSync } from "node:fs";

export const GUIDE = readFileSync(new URL("../../docs/react.md", import.meta.url), "utf8");

/** The code blocks of docs/react.md, by the file name in their first line. */
export const GUIDE_FILES = new Map(
  [...GUIDE.matchAll(/^```tsx?\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = "", text = ""]) => [name, text]),
);
