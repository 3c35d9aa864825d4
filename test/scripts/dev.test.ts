import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useFolder } from "../cli/support/temporary-folder.js";

const SCRIPTS = fileURLToPath(new URL("../../scripts/", import.meta.url));

/** A program that prints its name, its arguments and `BUILD_EXTENT`, and runs until a signal, or until it fails with `exitCode`. */
function fakeProgram(name: string, exitCode?: number): string {
  const end = exitCode === undefined ? "setInterval(() => {}, 60_000);" : `process.exit(${exitCode});`;
  return `console.log(${JSON.stringify(name)}, process.env.BUILD_EXTENT, ...process.argv.slice(2));\n${end}`;
}

const folder = useFolder();
let dev: ChildProcess | undefined;

async function writeFakePackage(name: string, file: string, text: string): Promise<void> {
  const target = folder.path(join("node_modules", name, file));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(folder.path(join("node_modules", name, "package.json")), JSON.stringify({ name }));
  await writeFile(target, text);
}

/** Starts a copy of `npm run dev` whose packages are fakes. Its output is complete when `ended` resolves. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [folder.path("scripts/dev.mjs"), ...args], { detached: true });
  dev = child;
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
      for (const check of listeners) check();
    });
  }
  const printed = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (output.includes(text)) resolve();
      };
      listeners.add(check);
      check();
    });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, output }));
  return { child, printed, ended };
}

beforeEach(async () => {
  await mkdir(folder.path("scripts"));
  for (const name of ["dev.mjs", "run.mjs"]) await cp(join(SCRIPTS, name), folder.path(join("scripts", name)));
  await writeFakePackage("tsup", "dist/cli-default.js", fakeProgram("tsup"));
  await writeFakePackage("vitest", "vitest.mjs", fakeProgram("vitest"));
});

afterEach(() => {
  if (dev?.exitCode === null && dev.signalCode === null && dev.pid !== undefined) process.kill(-dev.pid, "SIGKILL");
});

describe("npm run dev", () => {
  it("`npm run dev` builds the files for Node.js and runs the changed unit tests until Ctrl-C is pressed", async () => {
    const { child, printed, ended } = start("-t", "resubscribes");
    await printed("tsup runnable --watch src --silent\n");
    await printed("vitest runnable watch --project unit* --changed --passWithNoTests -t resubscribes\n");
    // A terminal sends the signal of Ctrl-C to all processes of the group.
    process.kill(-(child.pid ?? Number.NaN), "SIGINT");
    expect(await ended).toMatchObject({ code: 0, signal: null });
  });

  it.each([
    ["tsup", "dist/cli-default.js"],
    ["vitest", "vitest.mjs"],
  ])("if %s fails, `npm run dev` stops the other program and fails", async (name, file) => {
    await writeFakePackage(name, file, fakeProgram(name, 3));
    expect(await start().ended).toMatchObject({ code: 3, signal: null });
  });
});
