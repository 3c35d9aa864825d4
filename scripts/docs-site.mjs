// @ts-check
// `npm run docs`: builds the documentation site in reports/site. `npm run docs -- --serve` also serves it on a loopback port.
// VitePress reads a copy of docs/ in reports/site-source. The copy also has pages from other folders, and generated pages.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { ensureBuilt } from "./build.mjs";
import { ROOT, runTool } from "./run.mjs";
import { serveFiles } from "./static-server.mjs";

const SOURCE = join(ROOT, "reports", "site-source");
const SITE = join(ROOT, "reports", "site");
/** The port of `--serve`. */
const PORT = 5_180;

/** Pages outside docs/, with their names on the site. @type {Record<string, string>} */
const PAGES_OF_ROOT = {
  "README.md": "readme.md",
  "CHANGELOG.md": "changelog.md",
  "CONTRIBUTING.md": "contributing.md",
  "SECURITY.md": "security.md",
  "examples/README.md": "examples.md",
};

/** The modules of the API reference: one page for each. */
const ENTRIES = [
  "src/index.ts",
  ...["local", "local/in-page", "react", "compare", "explain", "reroute", "geyser", "fleet"].map(
    (name) => `src/${name}/index.ts`,
  ),
];

async function main() {
  if (!(await ensureBuilt())) return 1;
  copyPages();
  copyDashboard();
  const reference = await writeReference();
  if (reference.code !== 0) return reference.code;
  nameReference();
  const { code } = await runTool("vitepress", ["build", "docs"]);
  if (code !== 0) return code;
  const dead = listDeadAnchors();
  for (const link of dead) console.error(`dead link: ${link}`);
  console.log(`The site is in ${SITE}`);
  return dead.length === 0 ? 0 : 1;
}

function copyPages() {
  rmSync(SOURCE, { recursive: true, force: true });
  mkdirSync(SOURCE, { recursive: true });
  for (const name of readdirSync(join(ROOT, "docs"))) {
    if (name.endsWith(".md")) copyPage(`docs/${name}`, name);
  }
  for (const [path, name] of Object.entries(PAGES_OF_ROOT)) copyPage(path, name);
  // The front matter of the home page is in a JSON file, because the repository's formatter would break YAML in a Markdown file.
  // JSON is valid YAML.
  const home = readFileSync(join(ROOT, "docs", ".vitepress", "home.json"), "utf8");
  writeFileSync(join(SOURCE, "index.md"), `---\n${home}---\n`);
  cpSync(join(ROOT, "docs", "screenshots"), join(SOURCE, "screenshots"), { recursive: true });
}

/** @param {string} path in the repository @param {string} name on the site */
function copyPage(path, name) {
  const text = readFileSync(join(ROOT, path), "utf8");
  writeFileSync(join(SOURCE, name), withPageNames(withSiteLinks(text, posix.dirname(path))));
}

/**
 * Replaces links between files of the repository by links between pages of the site. A link to a file that is not on the site is
 * replaced by its text and the path of the file, because the repository has no public address yet.
 *
 * @param {string} text @param {string} folder the folder of the page in the repository
 * @returns {string}
 */
function withSiteLinks(text, folder) {
  return text.replaceAll(/(!?)\[((?:[^[\]]|!?\[[^\]]*\](?:\([^)]*\))?)*)\]\(([^)\s]+)\)/g, (link, mark, label, target) => {
    if (/^(?:[a-z]+:|#)/.test(target)) return link;
    const [path = "", anchor = ""] = target.split(/(?=#)/);
    const file = posix.normalize(posix.join(folder, path));
    if (!existsSync(join(ROOT, file))) return link; // A dead link stays unchanged, and VitePress reports the link.
    const page = PAGES_OF_ROOT[file] ?? (file.startsWith("docs/") ? file.slice("docs/".length) : undefined);
    const words = withSiteLinks(label, folder);
    if (page === undefined) return words.includes(basename(file)) ? words : `${words} (\`${file}\`)`;
    return `${mark}[${words}](./${page}${anchor})`;
  });
}

/**
 * Replaces the name of a Markdown file by a link to its page. The Markdown source does not link files outside the package, because
 * these links would be dead in the package.
 *
 * @param {string} text
 */
function withPageNames(text) {
  return text.replaceAll(/(?<!\[)`((?:docs\/)?[\w-]+\.md)`(?!\])/g, (name, file) => {
    const page = PAGES_OF_ROOT[file] ?? (file.startsWith("docs/") ? file.slice("docs/".length) : undefined);
    return page !== undefined && existsSync(join(ROOT, file)) ? `[${name}](./${page})` : name;
  });
}

/** Copies the files of the page live-dashboard.md: the dashboard, and the files `browser*.js` that the dashboard imports. */
function copyDashboard() {
  const target = join(SOURCE, "public", "live");
  const dist = join(ROOT, "dist");
  mkdirSync(target, { recursive: true });
  cpSync(join(dist, "dashboard"), join(target, "dashboard"), { recursive: true });
  for (const name of readdirSync(dist)) {
    if (/^browser(?:-\w+)?\.js$/.test(name)) cpSync(join(dist, name), join(target, name));
  }
}

/** Writes the API reference from the docstrings. VitePress renders it like the other pages. */
function writeReference() {
  const stubs = join(ROOT, "reports", "site-entries.json");
  const options = {
    entryPoints: ENTRIES.map((path) => join(ROOT, path)),
    tsconfig: join(ROOT, "tsconfig.json"),
    plugin: ["typedoc-plugin-markdown"],
    out: join(SOURCE, "api"),
    name: "API reference",
    readme: "none",
    router: "module",
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    skipErrorChecking: true,
    disableSources: true,
    gitRevision: "main",
    hidePageHeader: true,
    hideBreadcrumbs: true,
    sanitizeComments: true,
    useCodeBlocks: true,
    useHTMLAnchors: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    typeDeclarationFormat: "table",
    entryFileName: "modules.md",
    validation: { notExported: false, invalidLink: false, notDocumented: false },
    logLevel: "Warn",
  };
  writeFileSync(stubs, JSON.stringify(options));
  return runTool("typedoc", ["--options", stubs]);
}

/** Sets the title of each page of the API reference to the name by which programs import the module. */
function nameReference() {
  const folder = join(SOURCE, "api");
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".md") || path === "modules.md") continue;
    const name = path.replaceAll("\\", "/").replace(/(?:\/?index)?\.md$/, "");
    const title = `# ${name === "" ? "simulator-client" : `simulator-client/${name}`}`;
    const file = join(folder, path);
    writeFileSync(file, readFileSync(file, "utf8").replace(/^# .*$/m, title));
  }
}

/** Returns the links to anchors that do not exist. VitePress checks only whether the linked page exists. @returns {string[]} */
function listDeadAnchors() {
  const base = process.env.DOCS_BASE ?? "/";
  const pages = readdirSync(SITE, { recursive: true, encoding: "utf8" }).filter((path) => /^(?!live|404).*\.html$/.test(path));
  const texts = new Map(pages.map((path) => [path.replaceAll("\\", "/"), readFileSync(join(SITE, path), "utf8")]));
  const idsOf = (/** @type {string} */ text) => new Set([...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id));
  const ids = new Map([...texts].map(([path, text]) => [path, idsOf(text)]));
  return [...texts].flatMap(([path, text]) => {
    const links = [...text.matchAll(/\shref="([^":]*)#([^"]+)"/g)].map(([, target = "", anchor = ""]) => {
      const page = new URL(target, `http://site${base}${path}`).pathname.slice(base.length);
      return { page: page === "" || page.endsWith("/") ? `${page}index.html` : page, anchor };
    });
    return links
      .filter(({ page, anchor }) => ids.get(page)?.has(decodeURIComponent(anchor)) === false)
      .map(({ page, anchor }) => `${page}#${anchor} in ${path}`);
  });
}

async function serve() {
  const { url } = await serveFiles({ port: PORT, locate: (path) => join(SITE, path) });
  console.log(`The site is at ${url}/`);
}

process.exitCode = await main();
if (process.exitCode === 0 && process.argv.includes("--serve")) await serve();
