import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installTarball, type PackageFolder } from "./support/package-folder.js";

const GUIDE = readFileSync(new URL("../docs/geyser.md", import.meta.url), "utf8");
const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));
/** `@grpc/grpc-js` and the packages that it needs at run time. */
const GRPC = [
  "@grpc/grpc-js",
  "@grpc/proto-loader",
  "@js-sdsl/ordered-map",
  "lodash.camelcase",
  "long",
  "protobufjs",
  "@protobufjs",
];

describe("the Geyser entry of the packed package", () => {
  let folder: PackageFolder;
  beforeAll(() => {
    folder = installTarball();
  });
  afterAll(() => {
    folder?.remove();
  });

  it("the packed package installs no gRPC package, and the error of a Geyser stream names the package to install", async () => {
    folder.write(
      "missing.mjs",
      `import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { BacktestClient } from "simulator-client";
import { subscribeGeyser } from "simulator-client/geyser";
import { startLocalSimulator } from "simulator-client/local";
const required = createRequire(import.meta.url)("simulator-client/geyser");
const simulator = await startLocalSimulator({ startSlot: 1, slots: 5, geyserPort: 0 });
const client = new BacktestClient({ url: simulator.url, logger: false });
const session = await client.startSession({ startSlot: 1, endSlot: 5 });
const { error } = await subscribeGeyser(session, { slots: { all: {} } }, { url: simulator.geyserUrl }).closed;
await client.close();
await simulator.close();
console.log(JSON.stringify({
  installed: ["@grpc/grpc-js", "@bufbuild/protobuf", "protobufjs"].filter((name) => existsSync("node_modules/" + name)),
  required: typeof required.subscribeGeyser,
  code: error.cause.code,
  message: error.message,
}));`,
    );
    const { stdout, stderr } = await folder.node("missing.mjs");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      installed: [],
      required: "function",
      code: "unsupported",
      message: expect.stringContaining("needs the package @grpc/grpc-js: install it"),
    });
  });

  it("the recipe in docs/geyser.md runs with the packed package as an ES module and as CommonJS", async () => {
    for (const name of GRPC) cpSync(join(MODULES, name), join(folder.path, "node_modules", name), { recursive: true });
    const [, recipe = ""] = /^```js\n\/\/ geyser\.mjs\n([\s\S]*?)^```$/m.exec(GUIDE) ?? [];
    folder.write("geyser.mjs", recipe);
    const { stdout, stderr, code } = await folder.node("geyser.mjs");
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const lines = stdout.trim().split("\n");
    expect(lines).toHaveLength(20);
    expect(lines[0]).toMatch(/^slot 300000000: [1-9]\d* transactions$/);
    folder.write(
      "geyser.cjs",
      recipe
        .replace(/^import (.*) from (.*);$/gm, "const $1 = require($2);")
        .replace(/^([\s\S]*?)\n\n([\s\S]*)$/, "$1\n(async () => {\n$2})();\n"),
    );
    const required = await folder.node("geyser.cjs");
    expect({ ...required, stdout: required.stdout.trim().split("\n").length }).toMatchObject({ stderr: "", code: 0, stdout: 20 });
  });
});
