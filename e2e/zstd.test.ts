import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { launchChromium } from "./support/launch-chromium.js";
import { installTarball } from "./support/package-folder.js";
import { serveStatic } from "./support/static-server.js";

interface Vectors {
  frames: { frame: string; text: string }[];
}
const { frames } = JSON.parse(
  readFileSync(new URL("../test/conformance/vectors/zstd-stream.json", import.meta.url), "utf8"),
) as Vectors;
const texts = frames.map(({ text }) => text);

describe("zstd", () => {
  it("createFrameDecoder decodes zstd frames in a page whose content security policy allows only files of the site", async () => {
    await using browser = await launchChromium();
    const site = await serveStatic();
    const page = await browser.newPage();
    await page.goto(site.url);
    // The code is a string, because vitest would rewrite imports in a function.
    const outcome = await page.evaluate(`(async () => {
      const violations = [];
      document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
      const { createFrameDecoder } = await import("/dist/browser.js");
      const decoder = await createFrameDecoder();
      const bytesOf = (part) => Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
      const read = ${JSON.stringify(frames.map(({ frame }) => frame))}.map((part) => decoder.decode(bytesOf(part)));
      return { read, violations };
    })()`);
    await site.close();
    expect(outcome).toEqual({ read: texts, violations: [] });
  });

  it("createFrameDecoder decodes zstd frames in Node.js, by import and by require", async () => {
    const folder = installTarball();
    const main = `
createFrameDecoder().then((decoder) => {
  const frames = ${JSON.stringify(frames.map(({ frame }) => frame))};
  console.log(JSON.stringify(frames.map((frame) => decoder.decode(Buffer.from(frame, "base64")))));
});`;
    folder.write("decode.mjs", `import { createFrameDecoder } from "simulator-client";${main}`);
    folder.write("decode.cjs", `const { createFrameDecoder } = require("simulator-client");${main}`);
    const runs = [await folder.node("decode.mjs"), await folder.node("decode.cjs")];
    folder.remove();
    expect(runs.map(({ stdout }) => JSON.parse(stdout) as unknown)).toEqual([texts, texts]);
  });
});
