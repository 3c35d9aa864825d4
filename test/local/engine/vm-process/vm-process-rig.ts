import { randomUUID } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { onTestFinished } from "vitest";
import type { Ledger } from "../../../../src/local/engine/ledger/ledger.js";
import { ledgerSourceOf } from "../../../../src/local/engine/ledger/ledger-source.js";
import { type VmProcessOptions, VmProcessSession } from "../../../../src/local/engine/vm-process/vm-process-session.js";
import { VERSION } from "../../../../src/version.js";

let entry: Promise<string> | undefined;

/**
 * Builds the program of a VM process from the sources, once per test file. The program is written to node_modules, because it
 * imports litesvm.
 */
function builtEntry(): Promise<string> {
  entry ??= buildEntry();
  return entry;
}

async function buildEntry(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ["src/local/engine/vm-process/vm-process-main.ts"],
    write: false,
    bundle: true,
    platform: "node",
    format: "esm",
    define: { __VERSION__: JSON.stringify(VERSION) },
    logLevel: "error",
  });
  const folder = "node_modules/.cache/simulator-client";
  const [path, unfinished] = [`${folder}/vm-process-of-sources.mjs`, `${folder}/${randomUUID()}`];
  await mkdir(folder, { recursive: true });
  await writeFile(unfinished, outputFiles[0]!.contents);
  // Writes the file under another name and renames it, because other test workers may write the same file.
  await rename(unfinished, path);
  return path;
}

interface ProcessOptions extends Pick<VmProcessOptions, "onSkipped" | "timeoutMs" | "timers" | "turns"> {
  startSlot?: bigint;
  endSlot?: bigint;
}

/** Opens a session in its own VM process. The process ends when the test ends. */
export async function openProcess(ledger: Ledger, options: ProcessOptions = {}): Promise<VmProcessSession> {
  const { startSlot = ledger.startSlot, endSlot = ledger.endSlot, ...settings } = options;
  const session = await VmProcessSession.open({
    entry: await builtEntry(),
    ledger: ledgerSourceOf(ledger)!,
    range: { startSlot, endSlot, extraComputeUnits: null },
    ...settings,
  });
  onTestFinished(() => session.close());
  return session;
}

/** Whether a process with this id is running. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
