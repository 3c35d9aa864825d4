// @ts-check
// The gate `docstrings` of `npm run check`: each public item has a docstring, and each option has a default. Public items are the
// exports of each entry, and their members. `node scripts/public-items.mjs` prints the items without a docstring or a default.
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { ROOT } from "./run.mjs";

/**
 * @typedef {object} PublicItem
 * @property {string} name `SimulatorError`, or `SimulatorError.code`
 * @property {string[]} owners the exported types with this member, also by inheritance; empty for an export
 * @property {string} place `src/protocol/simulator-error.ts:74`
 * @property {string} text the docstring without its tags; if the item has none, the docstring of the member that it implements
 * @property {boolean} isDocumented whether `text` is not empty
 * @property {boolean} isOption whether it is an optional member of a type of options
 * @property {string | undefined} defaultText the text of `@default`
 */

/** Checks the docstrings of the public items, for `npm run check`. @returns {{ code: number, output: string, note: string }} */
export function checkDocstrings() {
  const items = publicItems();
  const problems = describeProblems(items);
  const options = items.filter(({ isOption }) => isOption).length;
  return {
    code: problems.length === 0 ? 0 : 1,
    output: problems.join("\n"),
    note: `${items.length} items, ${options} of them options`,
  };
}

/** @type {PublicItem[] | undefined} */
let cached;

/** Returns the public items of the package. Reads the sources only once. */
export function publicItems() {
  cached ??= listPublicItems(entrySources());
  return cached;
}

/** @param {PublicItem[]} items @returns {string[]} one line for each problem */
export function describeProblems(items) {
  return items.flatMap(({ name, place, isDocumented, isOption, defaultText }) => [
    ...(isDocumented ? [] : [`${place}: ${name} has no docstring`]),
    ...(isOption && !defaultText ? [`${place}: ${name} has no @default; write "@default none" if there is none`] : []),
  ]);
}

/** Returns the source files of the entries in `exports` of package.json. @returns {string[]} */
export function entrySources() {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const files = new Set(JSON.stringify(exports).match(/dist\/[\w-]+(?=\.d\.ts)/g));
  return [...files].flatMap((file) => {
    const name = file.slice("dist/".length);
    // Skips browser*.js, because other entries export the same items.
    if (name.startsWith("browser")) return [];
    return name === "index" ? "src/index.ts" : name === "local-in-page" ? "src/local/in-page/index.ts" : `src/${name}/index.ts`;
  });
}

/**
 * Matches the names of types that contain options. An option needs a default in its docstring. The members of other types need no
 * default.
 */
const OPTION_TYPE =
  /^\w*(?:Options|Policy|Timeouts|Params|Request|Bounds|Window|Plan|Target|Trigger|Filters?|Anchor|Probe|Action|Variant|Side|Changes|Fault|CreateSession|SplitFleetRange|RpcRetry|ProgramOverride|StartLimit)\./;

/** Matches the members of policies and timeouts. Options accept a `Partial` of these types, so callers can omit each member. */
const PARTIAL_TYPE = /^(?:\w+Policy|\w+Timeouts)\./;

/** Whether a member belongs to a type that contains options. @param {string} name the name of the item */
export function isOfOptions(name) {
  return OPTION_TYPE.test(name);
}

/** @param {string[]} entries paths in `root` @param {string} [root] the folder that contains `src` @returns {PublicItem[]} */
export function listPublicItems(entries, root = ROOT) {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile).config,
    ts.sys,
    ROOT,
  );
  const program = ts.createProgram(
    entries.map((path) => join(root, path)),
    { ...options, skipLibCheck: true },
  );
  const collector = new ItemCollector(program.getTypeChecker(), root);
  return collector.collect(entries.flatMap((path) => program.getSourceFile(join(root, path)) ?? []));
}

class ItemCollector {
  /** @type {Map<ts.Node, PublicItem>} */
  #items = new Map();
  /** Members that are optional in the type of a parameter. @type {Set<ts.Node>} */
  #optional = new Set();
  /** Members that are required in the type of a parameter. A member can also be in `#optional`. @type {Set<ts.Node>} */
  #required = new Set();
  /** @type {Set<ts.Type>} */
  #visited = new Set();
  #checker;
  #root;

  /** @param {ts.TypeChecker} checker @param {string} root */
  constructor(checker, root) {
    this.#checker = checker;
    this.#root = root;
  }

  /** @param {ts.SourceFile[]} files */
  collect(files) {
    for (const file of files) {
      const module = this.#checker.getSymbolAtLocation(file);
      for (const exported of module === undefined ? [] : this.#checker.getExportsOfModule(module)) {
        const symbol = exported.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(exported) : exported;
        for (const declaration of symbol.declarations ?? []) this.#addDeclaration(symbol, declaration);
      }
    }
    for (const [node, item] of this.#items) {
      item.isOption &&= PARTIAL_TYPE.test(item.name) || (this.#optional.has(node) && !this.#required.has(node));
    }
    return [...this.#items.values()];
  }

  /** @param {ts.Symbol} symbol @param {ts.Declaration} declaration */
  #addDeclaration(symbol, declaration) {
    if (!this.#isOurs(declaration) || this.#items.has(declaration)) return;
    this.#add(symbol, declaration, symbol.name);
    if (ts.isClassLike(declaration) || ts.isInterfaceDeclaration(declaration)) {
      for (const member of new Set([...declaration.members, ...this.#inheritedMembers(symbol)]))
        this.#addMember(member, symbol.name);
    } else if (ts.isTypeAliasDeclaration(declaration)) this.#addTypeNode(declaration.type, symbol.name);
    else if (ts.isFunctionDeclaration(declaration)) this.#addInputs(declaration);
  }

  /** Returns the members that a type inherits. They are public even if the base type is not exported. @param {ts.Symbol} symbol */
  #inheritedMembers(symbol) {
    const members = this.#checker.getDeclaredTypeOfSymbol(symbol).getProperties();
    return members.flatMap(({ declarations = [] }) =>
      declarations.flatMap((node) => (this.#isOurs(node) && (ts.isClassElement(node) || ts.isTypeElement(node)) ? node : [])),
    );
  }

  /** Adds the members of an object type to `#items`. For a union or an intersection, adds the members of all parts. @param {ts.TypeNode} node @param {string} owner */
  #addTypeNode(node, owner) {
    if (ts.isTypeLiteralNode(node)) for (const member of node.members) this.#addMember(member, owner);
    else if (ts.isUnionTypeNode(node) || ts.isIntersectionTypeNode(node)) {
      for (const part of node.types) this.#addTypeNode(part, owner);
    } else if (ts.isParenthesizedTypeNode(node)) this.#addTypeNode(node.type, owner);
  }

  /** @param {ts.ClassElement | ts.TypeElement} member @param {string} owner */
  #addMember(member, owner) {
    if (ts.isConstructorDeclaration(member) || ts.isMethodDeclaration(member) || ts.isMethodSignature(member)) {
      if (!isHidden(member)) this.#addInputs(member);
    }
    const { name } = member;
    // Members such as [Symbol.asyncDispose] need no docstring, because they have the same meaning in every library.
    if (name === undefined || ts.isPrivateIdentifier(name) || ts.isComputedPropertyName(name) || isHidden(member)) return;
    if (isDiscriminant(member)) return;
    const symbol = this.#checker.getSymbolAtLocation(name);
    if (symbol === undefined) return;
    const known = this.#items.get(member);
    if (known !== undefined) {
      known.owners.push(owner);
      return;
    }
    if (ts.isPropertyDeclaration(member)) {
      const [signature] = this.#checker.getTypeAtLocation(member).getCallSignatures();
      if (signature?.declaration) this.#addInputs(signature.declaration);
    }
    const { parent } = member;
    const declared = ts.isInterfaceDeclaration(parent) || ts.isClassLike(parent) ? parent.name?.text : owner;
    // If the member has an inline object type, the members of that type are not added. The docstring of the outer member
    // describes them.
    this.#add(symbol, member, `${declared}.${name.getText()}`, [owner]);
  }

  /** @param {ts.Symbol} symbol @param {ts.Declaration} node @param {string} name @param {string[]} owners */
  #add(symbol, node, name, owners = []) {
    const file = node.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    const tags = symbol.getJsDocTags(this.#checker);
    const text = ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)).trim();
    this.#items.set(node, {
      name,
      owners,
      place: `${relative(this.#root, file.fileName)}:${line + 1}`,
      text,
      isDocumented: text !== "",
      isOption: isOfOptions(name) && !isExcluded(node),
      defaultText: tags
        .find((tag) => tag.name === "default")
        ?.text?.map(({ text }) => text)
        .join(""),
    });
  }

  /** @param {ts.Node} node */
  #isOurs(node) {
    return node.getSourceFile().fileName.startsWith(join(this.#root, "src"));
  }

  /** Records which members of the parameter types are optional and which are required. @param {ts.SignatureDeclaration | ts.JSDocSignature} declaration */
  #addInputs(declaration) {
    for (const parameter of declaration.parameters) this.#addInputType(this.#checker.getTypeAtLocation(parameter));
  }

  /** @param {ts.Type} type */
  #addInputType(type) {
    if (this.#visited.has(type)) return;
    this.#visited.add(type);
    if (type.isUnionOrIntersection()) {
      for (const part of type.types) this.#addInputType(part);
      return;
    }
    if (type.getCallSignatures().length > 0) return;
    for (const { type: element } of this.#checker.getIndexInfosOfType(type)) this.#addInputType(element);
    for (const property of type.getProperties()) {
      const noted = property.flags & ts.SymbolFlags.Optional ? this.#optional : this.#required;
      for (const node of property.declarations ?? []) noted.add(node);
      if (property.declarations?.some((node) => this.#isOurs(node))) this.#addInputType(this.#checker.getTypeOfSymbol(property));
    }
  }
}

/** @param {ts.Declaration} node */
function isHidden(node) {
  const modifiers = ts.getCombinedModifierFlags(node);
  if ((modifiers & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0) return true;
  return ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "internal");
}

/** Whether a member has the type `undefined`, such as `endSlot?: undefined`. @param {ts.Node} member */
function isExcluded(member) {
  return ts.isPropertySignature(member) && member.type?.kind === ts.SyntaxKind.UndefinedKeyword;
}

/** Whether a member has one literal as its type, such as `type: "slot"`. @param {ts.Node} member */
function isDiscriminant(member) {
  return ts.isPropertySignature(member) && member.type !== undefined && ts.isLiteralTypeNode(member.type);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { code, output, note } = checkDocstrings();
  console.log(`${output}\n${note}`.trim());
  process.exitCode = code;
}
