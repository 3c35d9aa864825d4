import { expect, test, vi } from "vitest";
import { startScriptedServer } from "../support/scripted-server.js";
import { brief, newClient, settle, startSession, until } from "./session-rig.js";

let arrive = (): void => {};
const arrived = new Promise<void>((resolve) => {
  arrive = resolve;
});

// Its file is on its way for as long as the test wants.
vi.mock("../../src/session/steps.js", async (original) => {
  await arrived;
  return original();
});

test("what comes while a step's file is on its way is held for the step, though a listener has the flow", async () => {
  const server = await startScriptedServer();
  const { session, control } = await startSession(server, newClient(server));
  const heard: string[] = [];
  session.on("status", (event) => heard.push(brief(event)));
  await until(() => session.diagnostics.queueLength === 0, "the flow");
  const waiting = session.waitForStatus("decodedTransactions");
  control.say(3, "status", { status: "decodedTransactions" });
  control.say(4, "status", { status: "appliedAccountModifications" });
  await until(() => session.diagnostics.queueLength === 2, "both");
  await settle();
  expect(heard).toEqual([]);
  arrive();
  await waiting;
  await until(() => heard.length === 2, "the flow goes on");
  expect(heard).toEqual(["status decodedTransactions", "status appliedAccountModifications"]);
});
