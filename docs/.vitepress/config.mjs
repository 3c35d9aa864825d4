// @ts-check
import { renderMermaidSVG } from "beautiful-mermaid";
import { defineConfig } from "vitepress";

/** @param {string} text @param {string} link */
const page = (text, link) => ({ text, link });

/** The API reference has one page for each module, see scripts/docs-site.mjs. */
const API = {
  text: "API reference",
  collapsed: false,
  items: [
    page("simulator-client", "/api/"),
    ...["local", "local/in-page", "react", "compare", "explain", "reroute", "geyser", "fleet"].map((name) =>
      page(`…/${name}`, `/api/${name}`),
    ),
  ],
};

const SIDEBAR = [
  {
    text: "Getting started",
    items: [
      page("Three ways in", "/getting-started"),
      page("Recipes", "/readme"),
      page("Examples", "/examples"),
      page("Live dashboard", "/live-dashboard"),
    ],
  },
  {
    text: "Guides",
    items: [
      page("Parallel, resume, inject", "/guide"),
      page("Compare two runs (A/B)", "/compare"),
      page("Fleets", "/fleet"),
      page("Dashboard", "/dashboard"),
      page("React", "/react"),
      page("Local simulator: litesvm", "/litesvm"),
      page("Geyser stream", "/geyser"),
      page("AI agents (MCP)", "/mcp"),
      page("Descriptions", "/explain"),
      page("Reroute reports", "/reroute"),
      page("Troubleshooting", "/troubleshooting"),
    ],
  },
  {
    text: "Concepts",
    items: [
      page("Guarantees", "/readme#guarantees"),
      page("State machine", "/state-machine"),
      page("Page life", "/page-life"),
      page("Browsers", "/browsers"),
    ],
  },
  {
    text: "Reference",
    items: [
      page("Commands", "/cli"),
      page("Options", "/options"),
      page("Events", "/events"),
      page("Error codes", "/troubleshooting"),
      page("Protocol", "/protocol"),
      page("Rust crate, item by item", "/parity"),
      API,
    ],
  },
  {
    text: "Project",
    items: [
      page("Migrating", "/migrating"),
      page("Changelog", "/changelog"),
      page("Support policy", "/support"),
      page("Security", "/security"),
      page("Architecture", "/architecture"),
      page("Decisions", "/decisions"),
      page("Benchmarks", "/benchmarks"),
      page("Simulation", "/simulation"),
      page("Fuzzing", "/fuzzing"),
      page("Contributing", "/contributing"),
    ],
  },
];

/** Draws a diagram with the colours of the theme, as an SVG that needs no script. @param {string} source */
function drawDiagram(source) {
  const colours = { bg: "var(--vp-c-bg)", fg: "var(--vp-c-text-1)", accent: "var(--vp-c-brand-1)", transparent: true };
  // The fonts of the page are used: the site loads nothing from other hosts.
  const svg = renderMermaidSVG(source, colours).replaceAll(/@import url\([^)]*\);?/g, "");
  // As a property: Vue reports a mismatch if it compares the styles of the SVG with its template.
  const value = JSON.stringify(svg).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return `<div class="diagram" v-html="${value}"></div>\n`;
}

/** The anchor of a heading, as on GitHub, so that a link works in both places. @param {string} heading */
function anchorOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

/** DOCS_BASE: the path of the site on its host, such as "/simulator-client/". */
const base = /** @type {`/${string}/`} */ (process.env.DOCS_BASE ?? "/");

export default defineConfig({
  title: "simulator-client",
  description: "The client of the Solana backtest simulator, and a local simulator",
  lang: "en",
  base,
  head: [["link", { rel: "icon", href: `${base}live/dashboard/icon.svg` }]],
  srcDir: "../reports/site-source",
  outDir: "../reports/site",
  cacheDir: "../reports/site-cache",
  // A link without a target fails the build. Addresses on this machine are examples.
  ignoreDeadLinks: "localhostLinks",
  markdown: {
    anchor: { slugify: anchorOf },
    config: (markdown) => {
      const fence = markdown.renderer.rules.fence;
      markdown.renderer.rules.fence = (tokens, index, ...rest) => {
        const token = tokens[index];
        if (token?.info.trim() === "mermaid") return drawDiagram(token.content);
        return fence?.(tokens, index, ...rest) ?? "";
      };
    },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      page("Start", "/getting-started"),
      page("Commands", "/cli"),
      page("API", "/api/"),
      page("Troubleshooting", "/troubleshooting"),
      page("Changelog", "/changelog"),
    ],
    sidebar: SIDEBAR,
  },
});
