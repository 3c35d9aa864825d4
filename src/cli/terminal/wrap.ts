/** Matches a line that starts a new paragraph even without an empty line before it: `Exit codes: 0 …`, `Examples:`. */
const LABELLED = /^[A-Z][A-Za-z ]*:/;
/** Matches a term and its description in a list, with at least two spaces between them. */
const LIST_ITEM = /^( *\S.*? {2,})(\S.*)$/;
/** Matches a line with a shell command. */
const SHELL_LINE = /^ +(?:[A-Z_]+=\S+ )*(?:simulator-client|npx|curl) /;
/** Maximum width of a term, as a fraction of the total width. The description of a longer term starts on the next line. */
const MAX_TERM_SHARE = 0.5;

/**
 * Wraps a help text at a width. The lines of a paragraph are joined first. Indented lines are wrapped one by one, so that lists
 * keep their columns. If a shell command is wrapped, a backslash continues each line, so that users can copy the command.
 */
export function wrapHelp(text: string, width: number): string {
  const lines: string[] = [];
  let paragraph = "";
  const endParagraph = (): void => {
    if (paragraph !== "") lines.push(...wrap(paragraph, width, "", ""));
    paragraph = "";
  };
  for (const line of text.split("\n")) {
    if (line === "" || /^\s/.test(line)) {
      endParagraph();
      lines.push(...wrapIndented(line, width));
    } else if (paragraph === "" || LABELLED.test(line) || paragraph.endsWith(":")) {
      endParagraph();
      paragraph = line;
    } else {
      paragraph += ` ${line}`;
    }
  }
  endParagraph();
  return lines.join("\n");
}

function wrapIndented(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const [indent = ""] = /^ */.exec(line) ?? [];
  if (SHELL_LINE.test(line)) {
    return wrap(line.trim(), width - 2, indent, `${indent}  `).map((part, index, parts) =>
      index < parts.length - 1 ? `${part} \\` : part,
    );
  }
  const [, term, description] = LIST_ITEM.exec(line) ?? [];
  if (term === undefined || description === undefined || term.length > width * MAX_TERM_SHARE) {
    return wrap(line.trim(), width, indent, `${indent}  `);
  }
  return wrap(description, width, term, " ".repeat(term.length));
}

/**
 * Breaks a text at spaces. A word that is longer than the width gets its own line.
 *
 * @param first text before the first line
 * @param rest text before each further line
 */
export function wrap(text: string, width: number, first: string, rest: string): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
