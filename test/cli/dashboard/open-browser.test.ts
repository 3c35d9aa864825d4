import { EventEmitter } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { openBrowser } from "../../../src/cli/dashboard/open-browser.js";

const URL_WITH_QUERY = "http://127.0.0.1:4100/dashboard/?url=ws%3A%2F%2F127.0.0.1%3A4100&startSlot=1";

/** Returns a fake `spawn` whose process emits one event. */
function spawnThat(event: "spawn" | "error") {
  return vi.fn(() => {
    const child = Object.assign(new EventEmitter(), { unref: () => {} });
    queueMicrotask(() => child.emit(event, new Error("ENOENT")));
    return child;
  });
}

describe("openBrowser", () => {
  it.each([
    ["linux", ["xdg-open", [URL_WITH_QUERY]]],
    ["darwin", ["open", [URL_WITH_QUERY]]],
    ["win32", ["cmd", ["/c", "start", "", URL_WITH_QUERY.replace("&", "^&")]]],
  ] as const)(
    "openBrowser starts the command that opens the default browser on the platform %s",
    async (platform, [command, args]) => {
      const spawn = spawnThat("spawn");
      expect(await openBrowser(URL_WITH_QUERY, platform, spawn as never)).toBe(true);
      expect(spawn).toHaveBeenCalledWith(command, args, expect.objectContaining({ detached: true }));
    },
  );

  it("openBrowser resolves with false if the machine has no command that opens a browser", async () => {
    expect(await openBrowser(URL_WITH_QUERY, "linux", spawnThat("error") as never)).toBe(false);
  });
});
