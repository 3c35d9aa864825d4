import { readFile } from "node:fs/promises";

/** Fields of /proc/PID/stat after the command name, see proc(5). */
const STATE = 0;
const START_TIME = 19;

/** Process states of proc(5) in which a process no longer runs. */
const ENDED: ReadonlySet<string> = new Set(["Z", "X", "x"]);

async function statOf(pid: number): Promise<string[] | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "latin1");
    // The command name is in parentheses and may contain any character.
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** The boot and the time within it at which a process started; `undefined` if there is no such process or no /proc. */
export async function startOfProcess(pid: number): Promise<string | undefined> {
  const [fields, boot] = await Promise.all([
    statOf(pid),
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => undefined),
  ]);
  const ticks = fields?.[START_TIME];
  return ticks === undefined || boot === undefined ? undefined : `${boot.trim()}/${ticks}`;
}

/**
 * Whether a process of this machine still runs.
 *
 * @param start what `startOfProcess` returned for it, to detect a later process with the same id
 */
export async function isProcessRunning(pid: number, start: string | undefined): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const fields = await statOf(pid);
  if (fields !== undefined && ENDED.has(fields[STATE] ?? "")) return false;
  const current = start === undefined ? undefined : await startOfProcess(pid);
  return current === undefined || current === start;
}
