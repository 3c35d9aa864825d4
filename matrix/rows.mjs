// @ts-check
// The rows of the matrix: one runtime, test runner or bundler each. To add a row, add an entry to ROWS.
import { readFileSync } from "node:fs";

const SESSION = readFileSync(new URL("matrix-session.js", import.meta.url), "utf8");

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {boolean} ci `true`: `.ci/run` runs the row; `false`: the row is run by hand
 * @property {string[]} packages the packages that are installed in addition to the tarball
 * @property {Record<string, string>} files the files that are written into the folder of the row
 * @property {string[][]} commands programs of the folder and their arguments, run in order with `node`; the first word may also be
 * a binary of the folder
 * @property {string} [page] the folder with the built page, which is opened in Chromium
 * @property {boolean} [isQuiet] `true`: a warning in the output is a failure
 */

/** Prints the results, for scripts/test-matrix.mjs. */
const PRINT = 'console.log("RESULT " + JSON.stringify(results));';

/** @param {"esm" | "cjs"} format @param {{ local?: string, sockets?: string }} [options] local: where the in-page simulator comes from; sockets: an expression for the server, if the row connects to it */
function program(format, { local = "simulator-client/local", sockets = "undefined" } = {}) {
  const imports =
    format === "esm"
      ? `import * as client from "simulator-client";\nimport { createLocalSimulator } from "${local}";`
      : `const client = require("simulator-client");\nconst { createLocalSimulator } = require("${local}");`;
  return `${imports}
${SESSION.replace("// @ts-check\n", "").replaceAll("export ", "")}
async function collect() {
  const simulator = createLocalSimulator(SIMULATOR_OPTIONS);
  const results = [await runMatrixSession(client, simulator)];
  await simulator.close();
  const server = ${sockets};
  if (server) results.push(await runMatrixSession(client, JSON.parse(server)));
  return results;
}
`;
}

const FROM_ENVIRONMENT = "process.env.MATRIX_SERVER";
const MAIN = `collect().then((results) => ${PRINT.slice(0, -1)});\n`;

/** @param {string} major @param {boolean} ci @returns {Row} */
const nodeRow = (major, ci) => ({
  name: `Node.js ${major}`,
  ci,
  packages: [`node@${major}`],
  files: {
    "session.mjs": program("esm", { sockets: FROM_ENVIRONMENT }) + MAIN,
    "session.cjs": program("cjs", { sockets: FROM_ENVIRONMENT }) + MAIN,
  },
  commands: [
    ["node_modules/node/bin/node", "session.mjs"],
    ["node_modules/node/bin/node", "session.cjs"],
  ],
});

const TEST = `test("a session runs to its end", async () => {\n  const results = await collect();\n  ${PRINT}\n}, 60_000);\n`;

/** @param {string} environment @param {string[]} packages @param {boolean} ci @returns {Row} */
const jestRow = (environment, packages, ci) => ({
  name: `Jest (${environment})`,
  ci,
  packages: ["jest", ...packages],
  files: { "session.test.js": program("cjs") + TEST },
  commands: [["node_modules/jest/bin/jest.js", `--env=${environment}`]],
});

const PAGE = `${program("esm", { sockets: 'new URLSearchParams(location.search).get("server")' })}
collect().then(
  (results) => { globalThis.matrixResults = results; },
  (error) => { globalThis.matrixResults = String(error?.stack ?? error); },
);
`;
const HTML = '<!doctype html><meta charset="utf-8"><title>matrix</title><script type="module" src="./page.js"></script>\n';

/** @param {Omit<Row, "files"> & { files?: Record<string, string>, html?: string }} row @returns {Row} */
const bundlerRow = ({ html = HTML, files = {}, ...row }) => ({
  ...row,
  isQuiet: true,
  files: { "src/page.js": PAGE, "dist/index.html": html, ...files },
});

/** @type {Row[]} */
export const ROWS = [
  nodeRow("20", true),
  nodeRow("22", false),
  nodeRow("24", true),
  nodeRow("26", false),
  {
    name: "Bun",
    ci: false,
    packages: ["bun"],
    files: { "session.mjs": program("esm", { sockets: FROM_ENVIRONMENT }) + MAIN },
    commands: [["node_modules/bun/bin/bun.exe", "session.mjs"]],
  },
  {
    name: "Deno, network permission only",
    ci: true,
    packages: ["deno"],
    files: {
      // Imports need no permission, and the simulator for pages runs in Deno without changes.
      "session.mjs": `${program("esm", { local: "simulator-client/browser/local", sockets: "Deno.args[0]" })}${MAIN}`,
    },
    commands: [["node_modules/deno/bin.cjs", "run", "--no-prompt", "--allow-net=127.0.0.1", "session.mjs", "$MATRIX_SERVER"]],
  },
  {
    name: "workerd",
    ci: false,
    packages: ["miniflare@4.20251011.0", "esbuild"],
    files: {
      "worker.js": `${program("esm", { sockets: 'new URL(request.url).searchParams.get("server")' }).replace("collect()", "collect(request)")}
export default { fetch: async (request) => Response.json(await collect(request)) };
`,
      "run.mjs": `import { Miniflare } from "miniflare";
const worker = new Miniflare({ modules: true, scriptPath: "bundle.mjs", compatibilityDate: "2025-10-01" });
const response = await worker.dispatchFetch("http://worker/?server=" + encodeURIComponent(process.env.MATRIX_SERVER));
console.log("RESULT " + (await response.text()));
await worker.dispose();
`,
    },
    commands: [
      [
        "node_modules/esbuild/bin/esbuild",
        "worker.js",
        "--bundle",
        "--format=esm",
        "--platform=browser",
        "--conditions=workerd,worker,browser",
        "--outfile=bundle.mjs",
      ],
      ["run.mjs"],
    ],
  },
  {
    name: "vitest",
    ci: true,
    packages: ["vitest@4"],
    files: { "session.test.js": `import { test } from "vitest";\n${program("esm", { sockets: FROM_ENVIRONMENT })}${TEST}` },
    commands: [["node_modules/vitest/vitest.mjs", "run"]],
  },
  jestRow("node", [], true),
  jestRow("jsdom", ["jest-environment-jsdom"], false),
  bundlerRow({
    name: "Vite",
    ci: true,
    packages: ["vite@8.3"],
    files: { "index.html": HTML.replace("./page.js", "/src/page.js") },
    commands: [["node_modules/vite/bin/vite.js", "build"]],
    page: "dist",
  }),
  bundlerRow({
    name: "webpack",
    ci: false,
    packages: ["webpack", "webpack-cli"],
    files: {
      // The performance hints are disabled, because webpack warns about the size of any page of this kind.
      "webpack.config.cjs":
        'module.exports = { mode: "production", entry: "./src/page.js", output: { filename: "page.js" }, performance: false };\n',
    },
    commands: [["node_modules/webpack-cli/bin/cli.js", "build"]],
    page: "dist",
  }),
  bundlerRow({
    name: "Rspack",
    ci: false,
    packages: ["@rspack/core", "@rspack/cli"],
    files: {
      "rspack.config.cjs":
        'module.exports = { mode: "production", entry: "./src/page.js", output: { filename: "page.js" }, performance: false };\n',
    },
    commands: [["node_modules/@rspack/cli/bin/rspack.js", "build"]],
    page: "dist",
  }),
  bundlerRow({
    name: "Rollup",
    ci: false,
    packages: ["rollup@4", "@rollup/plugin-node-resolve", "@rollup/plugin-commonjs"],
    files: {
      "rollup.config.mjs": `import commonjs from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
export default {
  input: "src/page.js",
  output: { file: "dist/page.js", format: "es" },
  plugins: [nodeResolve({ browser: true }), commonjs()],
};
`,
    },
    commands: [["node_modules/rollup/dist/bin/rollup", "--config", "rollup.config.mjs"]],
    page: "dist",
  }),
  bundlerRow({
    name: "esbuild",
    ci: true,
    packages: ["esbuild"],
    commands: [
      ["node_modules/esbuild/bin/esbuild", "src/page.js", "--bundle", "--format=esm", "--minify", "--outfile=dist/page.js"],
    ],
    page: "dist",
  }),
  {
    name: "Next.js",
    ci: false,
    packages: ["next@16", "react@19", "react-dom@19"],
    files: {
      "next.config.mjs": 'export default { output: "export" };\n',
      "app/layout.jsx":
        'export default function Layout({ children }) {\n  return (\n    <html lang="en">\n      <body>{children}</body>\n    </html>\n  );\n}\n',
      "app/page.jsx": 'import { Session } from "./session.jsx";\nexport default function Page() {\n  return <Session />;\n}\n',
      "app/session.jsx": `"use client";
import { useEffect } from "react";
import { useBacktestSession } from "simulator-client/react";
${program("esm", { sockets: 'new URLSearchParams(location.search).get("server")' })}
export function Session() {
  useEffect(() => {
    collect().then(
      (results) => { globalThis.matrixResults = results; },
      (error) => { globalThis.matrixResults = String(error?.stack ?? error); },
    );
  }, []);
  return <p>{typeof useBacktestSession}</p>;
}
`,
    },
    commands: [["node_modules/next/dist/bin/next", "build"]],
    page: "out",
  },
];
