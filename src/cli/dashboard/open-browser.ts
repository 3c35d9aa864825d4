import { spawn } from "node:child_process";

/** The command that opens a URL in the default browser, by platform. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>> = {
  darwin: ["open"],
  // `start` is part of the shell. Its first argument is a window title.
  win32: ["cmd", "/c", "start", ""],
};

/**
 * Opens a URL in the default browser. Resolves with whether the browser's command could be started.
 *
 * @param url must not need escaping by a shell: the URLs of the commands are encoded
 */
export function openBrowser(url: string, platform: NodeJS.Platform = process.platform, start = spawn): Promise<boolean> {
  const [command, ...args] = OPENERS[platform] ?? ["xdg-open"];
  // Windows' shell reads & as the end of a command.
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
