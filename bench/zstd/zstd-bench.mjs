// `node bench/zstd/zstd-bench.mjs [rounds]`: compares compressed notifications with plain ones, in Node.js and in Chromium.
import { chromium } from "playwright";
import { build } from "vite";
import { CHROMIUM_FLAGS, provideChromium } from "../../scripts/chromium.mjs";
import { ROOT } from "../../scripts/run.mjs";

const WORKLOADS = [
  { name: "1.1 kB, random data", count: 20_000, dataBytes: 170, data: "fresh" },
  { name: "6 kB, random data", count: 5_000, dataBytes: 2_000, data: "fresh" },
  { name: "1.1 kB, 16 bytes changed", count: 20_000, dataBytes: 170, data: "updated" },
  { name: "6 kB, 16 bytes changed", count: 5_000, dataBytes: 2_000, data: "updated" },
];
const ROUNDS = Number(process.argv[2] ?? 7);

/** Bundles measure.ts and the sources that it imports. */
async function bundle() {
  const built = await build({
    root: ROOT,
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      target: "es2022",
      lib: { entry: "bench/zstd/measure.ts", formats: ["es"], fileName: "measure" },
    },
  });
  const [{ output }] = Array.isArray(built) ? built : [built];
  return output[0].code;
}

const text = (rates) => {
  const middle = rates[Math.floor(rates.length / 2)];
  return `${middle.toFixed(0).padStart(5)} (${rates.at(-1).toFixed(0)} to ${rates[0].toFixed(0)})`.padEnd(20);
};

async function report(runtime, measure) {
  console.log(`\n${runtime}, MB of text a second: median (slowest to fastest of ${ROUNDS})`);
  for (const workload of WORKLOADS) {
    const { messageBytes, frameBytes, encodedFrameBytes, decoded, fromText, fromFrame, encoded } = await measure(
      workload,
      ROUNDS,
    );
    const middle = Math.floor(ROUNDS / 2);
    console.log(
      `  ${workload.name}: ${messageBytes.toFixed(0)} B as ${frameBytes.toFixed(0)} B (ours: ${encodedFrameBytes.toFixed(0)} B)\n` +
        `    frame to text            ${text(decoded)}\n` +
        `    text to event            ${text(fromText)}\n` +
        `    frame to text to event   ${text(fromFrame)} ${(fromFrame[middle] / fromText[middle]).toFixed(2)} of text to event\n` +
        `    text to frame            ${text(encoded)}`,
    );
  }
}

const code = await bundle();
const { measure } = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
await report(`Node.js ${process.versions.node}`, measure);

const browser = await chromium.launch({ executablePath: await provideChromium(), args: CHROMIUM_FLAGS });
try {
  const page = await browser.newPage();
  await page.goto("about:blank");
  await page.addScriptTag({ type: "module", content: code.replace(/export\s*\{[^}]*\};?\s*$/, "globalThis.measure = measure;") });
  await page.waitForFunction(() => "measure" in globalThis);
  await report(`Chromium ${browser.version()}`, (workload, rounds) =>
    page.evaluate(([one, count]) => globalThis.measure(one, count), [workload, rounds]),
  );
} finally {
  await browser.close();
}
