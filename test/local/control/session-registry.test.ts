import { expect, test } from "vitest";
import { ENDED, type NameHolder, SessionRegistry } from "../../../src/local/control/session-registry.js";
import { timingOf } from "../../../src/local/link/timing.js";
import type { Session } from "../../../src/local/session/local-session.js";

/** Registers a session, its run and its name. The session and the run have only the members that the registry reads. */
function named(registry: SessionRegistry, name: string, opened: Promise<void> = Promise.resolve()) {
  const session = {
    identity: { sessionId: `backtest_${name}`, sessionName: name },
    isOpen: false,
    notifications: { length: 0 },
  } as unknown as Session;
  const run = { session, opened, isEnded: false } as unknown as NameHolder["run"];
  registry.add(session);
  registry.addSolo(run as never);
  registry.takeName(name, { createToken: undefined, run });
  return { session, run };
}

test("the session registry keeps the name of an ended session, but not the session itself", () => {
  const registry = new SessionRegistry(timingOf());
  const { session, run } = named(registry, "a");
  expect(registry.holderOf("a")).toMatchObject({ run });
  registry.ended(session);
  expect(registry.holderOf("a")).toBe(ENDED);
});

test("the session registry frees the name of a session that could not be opened", async () => {
  const registry = new SessionRegistry(timingOf());
  const opened = Promise.reject(new Error("no such range"));
  const { session } = named(registry, "a", opened);
  await expect(opened).rejects.toThrow();
  registry.ended(session);
  await Promise.resolve();
  expect(registry.holderOf("a")).toBeUndefined();
});
