// @ts-check
// What terser leaves longer than it need be.
import { parseAst } from "rollup/parseAst";

/**
 * Every `const` as a `let`: one word that comes again and again costs less than two. The length stays, and with it the source
 * map.
 *
 * @param {string} code
 */
export function withLet(code) {
  let shortened = code;
  /** @param {unknown} node */
  const visit = (node) => {
    if (typeof node !== "object" || node === null) return;
    if ("type" in node && node.type === "VariableDeclaration" && "kind" in node && node.kind === "const" && "start" in node) {
      const start = Number(node.start);
      shortened = `${shortened.slice(0, start)}let  ${shortened.slice(start + "const".length)}`;
    }
    for (const member of Object.values(node)) visit(member);
  };
  visit(parseAst(code));
  return shortened;
}

/**
 * A file exports some things to the files that are loaded later, and to nobody else. They go by the names that they have
 * within: `a` instead of `a as b`.
 */
export class InnerExports {
  /** @type {string} */
  #fileName;
  /** @type {Map<string, string>} */
  #names = new Map();

  /** @param {string} fileName */
  constructor(fileName) {
    this.#fileName = fileName;
  }

  /**
   * Shortens the file itself, and leaves others as they are. Names that users know are longer than two letters.
   *
   * @param {string} fileName
   * @param {string} code minified
   */
  shorten(fileName, code) {
    if (fileName !== this.#fileName) return code;
    return code.replace(/export\{([^}]*)\};?\s*(?=$|\/\/# sourceMappingURL)/, (_, list) => {
      const specifiers = String(list)
        .split(",")
        .map((specifier) => {
          const [inner = "", outer = inner] = specifier.split(" as ");
          if (outer.length > 2) return specifier;
          this.#names.set(outer, inner);
          return inner;
        });
      return `export{${specifiers.join(",")}};\n`;
    });
  }

  /** Lets another file import by the new names. @param {string} code as rollup writes it */
  follow(code) {
    const from = new RegExp(`(import|export) \\{([^}]*)\\} from '\\./${this.#fileName.replaceAll(".", "\\.")}'`, "g");
    return code.replace(from, (_, keyword, list) => {
      const specifiers = String(list)
        .split(",")
        .map((specifier) => {
          const [outer = "", local = outer] = specifier.trim().split(" as ");
          const inner = this.#names.get(outer);
          return inner === undefined ? specifier : `${inner} as ${local}`;
        });
      return `${keyword} {${specifiers.join(",")}} from './${this.#fileName}'`;
    });
  }
}
