import { spawn } from "node:child_process";

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
  ms: number;
}

export interface RunOptions {
  /** Limit in ms, after which the script is killed and its code is `null`. @default 120,000 */
  limitMs?: number;
  env?: Record<string, string>;
  /** Sends SIGINT once, when the output contains this text. */
  interruptAt?: string;
}

/** Runs Node.js to its end. Never rejects. */
export function runNode(cwd: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  return runProgram(process.execPath, cwd, args, options);
}

/** Runs a program to its end. Rejects only if the program cannot be started. */
export function runProgram(
  program: string,
  cwd: string,
  args: string[],
  { limitMs = 120_000, env = {}, interruptAt }: RunOptions = {},
): Promise<Finished> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
    let stdout = "";
    let stderr = "";
    let isInterrupted = false;
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk;
      if (isInterrupted || interruptAt === undefined || !stdout.includes(interruptAt)) return;
      isInterrupted = true;
      child.kill("SIGINT");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr, ms: performance.now() - start });
    });
  });
}
