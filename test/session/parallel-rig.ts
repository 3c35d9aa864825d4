import type { BacktestClient } from "../../src/client/backtest-client.js";
import type { StartOptions } from "../../src/session/control/control-connection.js";
import type { CreateSession } from "../../src/session/create-options.js";
import type { ManagedParallelSession } from "../../src/session/managed-parallel-session.js";
import type { ScriptedControl, ScriptedServer } from "../support/scripted-server.js";

export const CONTROL_ID = "parallel_01980f5a7c2b7e3d8a4b5c6d7e8f9000";
export const RUN_CREATE: CreateSession = { startSlot: 100, endSlot: 199 };

/** Returns the id of the sub-session at an index. */
export function idOf(index: number): string {
  return `backtest_01980f5a7c2b7e3d8a4b5c6d7e8f91${String(index).padStart(2, "0")}`;
}

/** Returns the slots of the sub-session at an index. Each sub-session has ten slots. The first one starts at 100. */
export function rangeOf(index: number): { startSlot: bigint; endSlot: bigint } {
  return { startSlot: 100n + 10n * BigInt(index), endSlot: 109n + 10n * BigInt(index) };
}

const indices = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Returns the parameters of `sessionCreated` for a sub-session. */
export function createdOf(index: number): object {
  return { session_id: idOf(index), rpc_endpoint: `/backtest/${idOf(index)}` };
}

/** Returns the parameters of `sessionsCreatedV2` for `count` sub-sessions. */
export function runOf(count: number): Record<string, unknown> {
  return {
    control_session_id: CONTROL_ID,
    session_ids: indices(count).map(idOf),
    task_ids: indices(count).map(() => null),
    start_slots: indices(count).map((index) => rangeOf(index).startSlot),
    end_slots: indices(count).map((index) => rangeOf(index).endSlot),
  };
}

/** Sends an event of a sub-session. */
export function sendSessionEvent(
  control: ScriptedControl,
  index: number,
  sequence: bigint | number,
  method: string,
  params?: unknown,
): void {
  control.respond(undefined, "sessionEventV2", { session_id: idOf(index), seq_id: sequence, event: { method, params } });
}

/** Sends the response to a create request: all sub-sessions, and a readyForContinue for each of them (sequence 1). */
export function standUp(control: ScriptedControl, count: number): void {
  for (const index of indices(count)) control.respond(undefined, "sessionCreated", createdOf(index));
  control.respond(undefined, "sessionsCreatedV2", runOf(count));
  for (const index of indices(count)) sendSessionEvent(control, index, 1, "readyForContinue");
}

/** Starts a run of `count` sub-sessions, and handles the server side. */
export async function startRun(
  server: ScriptedServer,
  client: BacktestClient,
  count = 2,
  options: StartOptions = {},
): Promise<{ run: ManagedParallelSession; control: ScriptedControl; created: Record<string, unknown> }> {
  const starting = client.startParallelSession(RUN_CREATE, options);
  const control = await server.control();
  const created = await control.expect("createBacktestSession");
  standUp(control, count);
  return { run: await starting, control, created };
}

/** Handles the server side of a re-attach. Returns the last sequence ids that the client sent. */
export async function reattachRun(
  server: ScriptedServer,
  count: number,
  replay: (control: ScriptedControl) => void = () => {},
): Promise<{ control: ScriptedControl; lasts: unknown }> {
  const control = await server.control();
  const { control_session_id: id, last_sequences: lasts } = await control.expect("attachParallelControlSessionV2");
  if (id !== CONTROL_ID) throw new Error(`attached to ${id}`);
  control.respond(undefined, "parallelSessionAttachedV2", {
    control_session_id: CONTROL_ID,
    session_ids: indices(count).map(idOf),
  });
  replay(control);
  return { control, lasts };
}
