import { onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import type { ManagedEvent } from "../../src/channels/managed-events.js";
import { BacktestClient } from "../../src/client/backtest-client.js";
import type { BacktestClientOptions } from "../../src/client/client-options.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";
import type { StartOptions } from "../../src/session/control/control-connection.js";
import type { CreateSession } from "../../src/session/create-options.js";
import type { ManagedBacktestSession } from "../../src/session/managed-backtest-session.js";
import { defaultPlatform } from "../../src/transport/default-platform.js";
import type { Platform } from "../../src/transport/platform.js";
import type { WebSocketLike } from "../../src/transport/websocket-like.js";
import type { FakePlatform } from "../support/fake-platform.js";
import type { ScriptedControl, ScriptedServer, ScriptedSubscription } from "../support/scripted-server.js";

export const SESSION_ID = "backtest_01980f5a7c2b7e3d8a4b5c6d7e8f9012";
const RPC_PATH = `/backtest/${SESSION_ID}`;
export const PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
export const OTHER_PROGRAM = "11111111111111111111111111111111";
export const ACCOUNT = "So11111111111111111111111111111111111111112";
export const CREATE: CreateSession = { startSlot: 100, endSlot: 103 };

/** The parameters of `sessionCreated` and `sessionAttached` of the scripted session. */
export const CREATED = { session_id: SESSION_ID, rpc_endpoint: RPC_PATH };

/** Creates a client with short retry delays. The client is closed after the test. */
export function newClient(server: { url: string }, options: Partial<BacktestClientOptions> = {}): BacktestClient {
  const { reconnect, timeouts, ...others } = options;
  const client = new BacktestClient({
    url: server.url,
    logger: false,
    reconnect: { initialBackoffMs: 2, maxBackoffMs: 20, jitter: 0, ...reconnect },
    timeouts: { closeMs: 150, ...timeouts },
    ...others,
  });
  onTestFinished(() => client.close());
  return client;
}

export interface Standing {
  session: ManagedBacktestSession;
  control: ScriptedControl;
  /** The parameters of the create request, as received. */
  created: Record<string, unknown>;
}

/** Starts a session, and handles the server side: `sessionCreated` is sequence 1, `readyForContinue` 2. */
export async function startSession(
  server: ScriptedServer,
  client: BacktestClient,
  create: CreateSession = CREATE,
  options: StartOptions = {},
): Promise<Standing> {
  const starting = client.startSession(create, options);
  const control = await server.control();
  const created = await control.expect("createBacktestSession");
  control.respond(1, "sessionCreated", CREATED);
  control.respond(2, "readyForContinue");
  return { session: await starting, control, created };
}

/** Handles the server side of a re-attach. Returns the last sequence id that the client sent. */
export async function reattach(
  server: ScriptedServer,
  replay: (control: ScriptedControl) => void = () => {},
): Promise<{ control: ScriptedControl; last: unknown }> {
  const control = await server.control();
  const { last_sequence: last } = await control.expect("attachBacktestSession");
  control.respond(undefined, "sessionAttached", CREATED);
  await control.expect("resumeAttachedSession");
  control.respond(undefined, "success");
  replay(control);
  return { control, last };
}

/** Handles the server side of a subscription to account diffs of `PROGRAM`. */
export async function acceptDiffs(server: ScriptedServer, id: bigint | number = 7): Promise<ScriptedSubscription> {
  const subscription = await server.subscription();
  await subscription.accept("accountDiffSubscribe", id);
  return subscription;
}

/** Returns the result of an account diff. */
export function diff(slot: bigint | number, signature: string, account = ACCOUNT): unknown {
  return { context: { slot }, account, signature, tx_index: 0 };
}

/** Reads `count` events. */
export async function take(session: ManagedBacktestSession, count: number): Promise<ManagedEvent[]> {
  const events: ManagedEvent[] = [];
  while (events.length < count) events.push(await session.nextEvent());
  return events;
}

/** Reads events up to and including the first one of a type. */
export async function takeUntil(session: ManagedBacktestSession, type: ManagedEvent["type"]): Promise<ManagedEvent[]> {
  const events: ManagedEvent[] = [];
  while (events.at(-1)?.type !== type) events.push(await session.nextEvent());
  return events;
}

/** Reads all events up to the end of the stream. */
export async function takeAll(events: AsyncIterable<ManagedEvent>): Promise<ManagedEvent[]> {
  const taken: ManagedEvent[] = [];
  for await (const event of events) taken.push(event);
  return taken;
}

/** Returns a short text for an event: "slot 101", "diff sigA", "paused 102/3", "resumed control". */
export function brief(event: ManagedEvent): string {
  switch (event.type) {
    case "slot":
      return `slot ${event.slot}`;
    case "status":
      return `status ${event.status}`;
    case "paused":
      return `paused ${event.slot}${event.batchIndex === undefined ? "" : `/${event.batchIndex}`}`;
    case "accountDiff":
      return `diff ${event.diff.signature}`;
    case "transaction":
      return `transaction ${event.transaction.slot}`;
    case "error":
      return `error ${event.error.kind}`;
    case "continuity":
      return event.kind === "continueUncertain" ? event.kind : `${event.kind} ${event.channel}`;
    default:
      return event.type;
  }
}

/** Returns the `SimulatorError` that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<SimulatorError> {
  const caught = await promise.then(
    (value) => new Error(`it resolved, with ${JSON.stringify(value, (_, member) => String(member))}`),
    (error: unknown) => error,
  );
  if (caught instanceof SimulatorError) return caught;
  throw caught;
}

/** Waits until a condition is true. Checks it at each turn of the event loop. */
export async function until(isSo: () => boolean, what: string, patienceMs = 10_000): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error(`it was waited for in vain: ${what}`);
    await turn();
  }
}

/** Waits for one turn of the event loop, so that received frames are handled. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits 15 ms. A sent frame arrives within this time, so a test can then check that no frame was sent. */
export async function settle(): Promise<void> {
  const until = performance.now() + 15;
  while (performance.now() < until) await turn();
}

/**
 * Returns the clock of a `FakePlatform`, for the option `platform` of a client whose sockets are real. Only the test advances it.
 */
export function clockOf(clock: FakePlatform): Pick<Platform, "now" | "setTimeout" | "clearTimeout"> {
  return {
    now: () => clock.now(),
    setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
}

/** Waits until the control connection is lost, and advances the virtual clock to the next connection attempt. */
export async function advanceToAttempt(clock: FakePlatform, session: ManagedBacktestSession): Promise<void> {
  await until(() => session.connection.state === "down", "the loss of the control connection");
  await clock.advance(20);
}

/** Makes the client's clock run faster, for waits that no option shortens. Call it before the client is created. */
export function speedUp(factor: number): void {
  const origin = Date.now();
  const spies = [
    vi.spyOn(defaultPlatform, "now").mockImplementation(() => origin + (Date.now() - origin) * factor),
    vi.spyOn(defaultPlatform, "setTimeout").mockImplementation((callback, ms) => setTimeout(callback, ms / factor)),
  ];
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
}

/** A WebSocket as in browsers: no headers, no pings, no pause, no terminate. */
export class PageWebSocket extends EventTarget {
  readonly #ws: WebSocket;
  binaryType = "blob";

  constructor(url: string, protocols: string | string[] = []) {
    super();
    this.#ws = new WebSocket(url, protocols);
    this.#ws.binaryType = "arraybuffer";
    this.#ws.on("open", () => this.dispatchEvent(new Event("open")));
    this.#ws.on("message", (data, isBinary) =>
      this.dispatchEvent(new MessageEvent("message", { data: isBinary ? data : data.toString() })),
    );
    this.#ws.on("error", () => this.dispatchEvent(new Event("error")));
    this.#ws.on("close", (code, reason) =>
      this.dispatchEvent(Object.assign(new Event("close"), { code, reason: reason.toString() })),
    );
  }

  get readyState(): number {
    return this.#ws.readyState;
  }

  get bufferedAmount(): number {
    return this.#ws.bufferedAmount;
  }

  send(data: string): void {
    this.#ws.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#ws.close(code, reason);
  }
}

/** `PageWebSocket` with the type of the client option `WebSocket`. */
export const pageWebSocket = PageWebSocket as WebSocketLike;
