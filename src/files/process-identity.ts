import { readFile } from "node:fs/promises";

/** Indices of fields in /proc/PID/stat, counted after the command name. See proc(5). */
const STATE = 0;
const START_TIME = 19;

/** States in which a process has ended, see proc(5). */
const ENDED: ReadonlySet<string> = new Set(["Z", "X", "x"]);

async function statOf(pid: number): Promise<string[] | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "latin1");
    // The command name is in parentheses and may contain any character, so the fields after it start after the last parenthesis.
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/**
 * Identifies the start of a process: the id of the boot, and the time between the boot and the start. `undefined` if the process
 * does not exist or the platform has no /proc.
 */
export async function startOfProcess(pid: number): Promise<string | undefined> {
  const [fields, boot] = await Promise.all([
    statOf(pid),
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => undefined),
  ]);
  const ticks = fields?.[START_TIME];
  return ticks === undefined || boot === undefined ? undefined : `${boot.trim()}/${ticks}`;
}

/**
 * Whether a process on this machine is still running.
 *
 * @param start the result of an earlier `startOfProcess`, to detect a later process with the same id
 */
export async function isProcessRunning(pid: number, start: string | undefined): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM means that the process is running as another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const fields = await statOf(pid);
  if (fields !== undefined && ENDED.has(fields[STATE] ?? "")) return false;
  const current = start === undefined ? undefined : await startOfProcess(pid);
  return current === undefined || current === start;
}
