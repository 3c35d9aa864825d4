import { describe, expect, onTestFinished, test, vi } from "vitest";
import { loadCheckpoint, saveCheckpoint } from "../../../src/session/checkpoint/checkpoint-store.js";
import { startScriptedServer } from "../../support/scripted-server.js";
import { newClient, startSession, takeAll } from "../session-rig.js";

/** A replacement for the `sessionStorage` of a browser tab. */
class FakeStorage {
  readonly items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

/** Replaces `sessionStorage`, and the page events that `saveCheckpoint` listens to. */
function stubPage() {
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const window = new EventTarget();
  const sessionStorage = new FakeStorage();
  vi.stubGlobal("document", document);
  vi.stubGlobal("window", window);
  vi.stubGlobal("sessionStorage", sessionStorage);
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
  const show = (state: string): void => {
    document.visibilityState = state;
    document.dispatchEvent(new Event("visibilitychange"));
  };
  return { show, leave: () => window.dispatchEvent(new Event("pagehide")), sessionStorage };
}

async function setUp() {
  const page = stubPage();
  const server = await startScriptedServer();
  const standing = await startSession(server, newClient(server));
  return { page, ...standing };
}

describe("a checkpoint in page storage", () => {
  test("saveCheckpoint stores the current checkpoint when the page is hidden or unloaded", async () => {
    const { page, session } = await setUp();
    saveCheckpoint(session, "run");
    expect(loadCheckpoint("run")).toBeUndefined();
    page.show("hidden");
    expect(loadCheckpoint("run")).toEqual(session.checkpoint());
    await session.nextEvent();
    page.show("visible");
    expect(loadCheckpoint("run")?.sequence).toBeNull();
    page.leave();
    expect(loadCheckpoint("run")).toEqual(session.checkpoint());
    expect(loadCheckpoint("run")?.sequence).toBe("2");
    expect(loadCheckpoint("another")).toBeUndefined();
  });

  test("saveCheckpoint removes the stored checkpoint when the session ends", async () => {
    const { page, session, control } = await setUp();
    saveCheckpoint(session, "run");
    page.leave();
    control.respond(3, "completed", {});
    await takeAll(session);
    await session.closed;
    expect(page.sessionStorage.items.size).toBe(0);
    page.leave();
    expect(page.sessionStorage.items.size).toBe(0);
  });

  test("saveCheckpoint keeps the stored checkpoint when the session is detached, so that the session can be resumed", async () => {
    const { page, session } = await setUp();
    saveCheckpoint(session, "run");
    page.leave();
    const checkpoint = await session.detach();
    expect(loadCheckpoint("run")).toEqual(checkpoint);
  });

  test("saveCheckpoint returns a function that stops the saving", async () => {
    const { page, session } = await setUp();
    const stop = saveCheckpoint(session, "run");
    stop();
    page.leave();
    page.show("hidden");
    expect(page.sessionStorage.items.size).toBe(0);
    page.sessionStorage.setItem("run", "another session's");
    await session.shutdown();
    expect(page.sessionStorage.getItem("run")).toBe("another session's");
  });

  test("saveCheckpoint and loadCheckpoint can use a storage object of the user", async () => {
    const { page, session } = await setUp();
    const storage = new FakeStorage();
    saveCheckpoint(session, "run", storage);
    page.leave();
    expect(loadCheckpoint("run", storage)).toEqual(session.checkpoint());
    expect(loadCheckpoint("run")).toBeUndefined();
  });
});
