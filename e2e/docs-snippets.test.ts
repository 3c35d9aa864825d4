import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { installTarball, type PackageFolder } from "./support/package-folder.js";

const DOCS = fileURLToPath(new URL("../docs", import.meta.url));
const TYPES = fileURLToPath(new URL("../node_modules/@types", import.meta.url));

/** The pages that this test skips, because readme.test.ts and react-docs.test.ts compile and run their code blocks. */
const RUN_PAGES = ["guide.md", "react.md"];

const SESSION = 'declare const session: import("simulator-client").ManagedBacktestSession;';
const PROGRAM = "declare const program: string;";
const LEDGER = 'declare const ledger: import("simulator-client/local").Ledger;';

/**
 * The code blocks that are not complete programs. `has` is a text that identifies the block. `declares` is code that declares the
 * missing names.
 */
const FRAGMENTS: { page: string; has: string; declares: string }[] = [
  {
    page: "compare.md",
    has: "runAB(",
    declares: `import { runAB } from "simulator-client/compare";
declare const client: import("simulator-client").BacktestClient;
declare const startSlot: bigint; ${PROGRAM} declare const elf: Uint8Array; declare const address: string; declare const wire: string;
declare const accountData: import("simulator-client").AccountData; declare const log: (change: unknown) => void;`,
  },
  { page: "compare.md", has: "await record(", declares: `${SESSION} ${PROGRAM}` },
  { page: "dashboard.md", has: "forwardPageEvents(", declares: "declare const worker: Worker;" },
  { page: "dashboard.md", has: "receivePageEvents(", declares: "declare const url: string; declare const port: MessagePort;" },
  {
    page: "decisions.md",
    has: "decide(",
    declares: `${SESSION}
declare function balances(rpcEndpoint: string): Promise<bigint[]>;
declare function decide(balances: bigint[], last: import("simulator-client").InjectedTransaction[]): string[];`,
  },
  { page: "explain.md", has: "session.on(", declares: SESSION },
  {
    page: "explain.md",
    has: "idls: [amm]",
    declares: `import { explainTransaction } from "simulator-client/explain"; declare const transaction: unknown;`,
  },
  {
    page: "fleet.md",
    has: "createFleet(",
    declares: `declare const plan: import("simulator-client/fleet").FleetPlan; declare const apiKey: string;`,
  },
  { page: "litesvm.md", has: "generateLedger", declares: LEDGER },
  {
    page: "litesvm.md",
    has: 'isolation: "process" });',
    declares: `import { litesvmEngine, startLocalSimulator } from "simulator-client/local"; ${LEDGER}`,
  },
  {
    page: "litesvm.md",
    has: "simulator.wallets",
    declares: `import { startLocalSimulator } from "simulator-client/local";
declare function createKeyPairSignerFromBytes(bytes: Uint8Array): Promise<unknown>;
declare const Keypair: { fromSecretKey(secretKey: Uint8Array): unknown };`,
  },
  {
    page: "troubleshooting.md",
    has: "isSimulatorError(",
    declares: `declare const client: import("simulator-client").BacktestClient;
declare const params: import("simulator-client").CreateSession;`,
  },
];

/** Returns the code blocks with TypeScript and JavaScript, as files for the compiler. */
function snippets(): Map<string, string> {
  const files = new Map<string, string>();
  const unused = new Set(FRAGMENTS);
  for (const page of readdirSync(DOCS).filter((name) => name.endsWith(".md") && !RUN_PAGES.includes(name))) {
    const text = readFileSync(`${DOCS}/${page}`, "utf8");
    for (const [, block = ""] of text.matchAll(/^```(?:ts|js|tsx)\n([\s\S]*?)^```$/gm)) {
      const fragment = FRAGMENTS.find(({ page: ofPage, has }) => ofPage === page && block.includes(has));
      if (fragment !== undefined) unused.delete(fragment);
      const code = block.replaceAll('"./dist/browser.js"', '"simulator-client/browser"');
      files.set(`${page.replace(".md", "")}-${files.size}.ts`, `${fragment?.declares ?? ""}\n${code}\nexport {};\n`);
    }
  }
  expect([...unused].map(({ page, has }) => `${page}: ${has}`)).toEqual([]);
  return files;
}

let folder: PackageFolder;

beforeAll(() => {
  folder = installTarball();
});

afterAll(() => {
  folder?.remove();
});

it("each block of code in docs/ compiles with the types of the package", async () => {
  const files = snippets();
  expect(files.size).toBeGreaterThan(12);
  for (const [name, text] of files) folder.write(name, text);
  const compilerOptions = {
    module: "esnext",
    moduleResolution: "bundler",
    target: "es2022",
    lib: ["es2023", "dom", "dom.iterable", "esnext.disposable"],
    types: ["node"],
    typeRoots: [TYPES],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };
  folder.write("tsconfig.json", JSON.stringify({ compilerOptions, files: [...files.keys()] }));
  const { stdout } = await folder.tsc();
  // Ignores the error for a parameter without a type, because the block is JavaScript.
  expect(stdout.split("\n").filter((line) => line !== "" && !/error TS70(?:06|31)/.test(line))).toEqual([]);
});
