import { spawn } from "node:child_process";
import { type Io, writeLines } from "../terminal/io.js";

/** The command that opens a URL in the default browser, for each platform. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>> = {
  darwin: ["open"],
  // `start` is a command of the shell `cmd`. Its first argument is a window title.
  win32: ["cmd", "/c", "start", ""],
};

/**
 * Opens a URL in the default browser. Resolves to `true` if the command that opens the browser has started.
 *
 * @param url must contain no characters that need escaping in a shell; the URLs that the commands pass are already encoded
 */
export function openBrowser(url: string, platform: NodeJS.Platform = process.platform, start = spawn): Promise<boolean> {
  const [command, ...args] = OPENERS[platform] ?? ["xdg-open"];
  // The Windows shell treats an unescaped & as the end of the command.
  const target = platform === "win32" ? url.replaceAll("&", "^&") : url;
  return new Promise((resolve) => {
    const child = start(command, [...args, target], { stdio: "ignore", detached: true });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}

/** Opens the page in the default browser. If that fails, prints that no browser could be opened. */
export async function showPage(address: string, { err }: Io): Promise<void> {
  if (!(await openBrowser(address))) writeLines(err, [`note: no browser could be started; open ${address}`]);
}
