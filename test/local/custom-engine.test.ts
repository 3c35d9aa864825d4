import { describe, expect, onTestFinished, test } from "vitest";
import { type SyntheticOptions, syntheticEngine } from "../../src/local/engine/synthetic/synthetic-engine.js";
import type { CreateParams, Engine, EngineSession } from "../../src/local/in-page/index.js";
import { BacktestFailure, createLocalSimulator, RpcFailure } from "../../src/local/in-page/index.js";
import { type SimulatorPlatform, timingOf } from "../../src/local/link/timing.js";
import { LIMITS } from "../../src/local/wire/simulator-limits.js";
import type { SessionSummary } from "../../src/protocol/session-summary.js";
import { inPage } from "./in-page-front.js";
import { packActions } from "./packed.js";
import { accountData, transfer, WORLD } from "./transactions.js";
import {
  continueBy,
  continuePart,
  createParallel,
  createSession,
  drain,
  eventsOf,
  type Message,
  openSocket,
  refusedCreate,
  results,
  rpc,
  slotsOf,
  subscribe,
  type TestSimulator,
  transactions,
} from "./wire-client.js";

const SYNTHETIC: SyntheticOptions = {
  seed: "1",
  startSlot: 100n,
  endSlot: 1_000n,
  skipRate: 0,
  transactionsPerSlot: 2,
  bundleSlots: 1_000n,
};

/** Creates a synthetic engine whose methods return promises. `spoil` replaces members of each session. */
function lateEngine(spoil: (session: EngineSession) => Partial<EngineSession> = () => ({})): Engine {
  const engine = syntheticEngine(SYNTHETIC);
  const later = async <T>(answer: () => T): Promise<Awaited<T>> => {
    await timingOf().nextTurn();
    return answer() as Awaited<T>;
  };
  return {
    ...engine,
    open: async (create: CreateParams) => {
      const session = await later(() => engine.open(create) as EngineSession);
      return {
        currentBlock: () => later(() => session.currentBlock()),
        executeBatch: () => later(() => session.executeBatch()),
        finishBlock: () => later(() => session.finishBlock()),
        prepare: async (wires) => {
          const prepared = await later(() => session.prepare(wires));
          return { execute: () => later(() => prepared.execute()) } as typeof prepared;
        },
        applyAccounts: (states) => later(() => session.applyAccounts(states)),
        account: (address) => later(() => session.account(address)),
        summary: () => later(() => session.summary()),
        ...spoil(session),
      } as EngineSession;
    },
  };
}

async function running(engine: Engine): Promise<TestSimulator> {
  const sim = await inPage({ engine });
  onTestFinished(() => sim.close());
  return sim;
}

test("an engine that returns promises produces the same messages as the same engine without promises", async () => {
  const tell = async (engine: Engine): Promise<string[]> => {
    const sim = await running(engine);
    const session = await createSession(sim, { startSlot: 100n, endSlot: 109n, sendSummary: true });
    const socket = await subscribe(sim, session, transactions(sim.programs[0]));
    continueBy(session, 5);
    await session.control.method("readyForContinue");
    continueBy(session, 100);
    await session.control.method("completed");
    const control = session.control.texts.filter((text) => !text.includes("session_id"));
    return [...control, ...results(await drain(socket))];
  };
  expect(await tell(lateEngine())).toEqual(await tell(syntheticEngine(SYNTHETIC)));
});

test("if an engine fails, its session ends with a terminal error, and the session's subscriptions complete", async () => {
  let blocks = 0;
  const sim = await running(
    lateEngine((session) => ({
      finishBlock: async () => {
        if (++blocks === 3) throw new Error("the VM is gone");
        await session.finishBlock();
      },
    })),
  );
  const session = await createSession(sim, { startSlot: 100n, endSlot: 109n });
  const socket = await subscribe(sim, session, transactions(sim.programs[0]));
  continueBy(session, 100);
  expect((await session.control.method("error")).params).toEqual({ internal: { error: "the VM is gone" } });
  expect(slotsOf(session.control.messages)).toEqual([100, 101]);
  expect(results(await drain(socket)).length).toBeGreaterThanOrEqual(3);
  continueBy(session, 1);
  expect((await session.control.method("error")).params).toBe("noMoreBlocks");
});

test("a session ends with a terminal error if its engine reports a failure while no call is pending", async () => {
  let fail: ((error: Error) => void) | undefined;
  const sim = await running(
    lateEngine(() => ({
      onFailure: (listener) => {
        fail = listener;
      },
    })),
  );
  const session = await createSession(sim, { startSlot: 100n, endSlot: 109n });
  const socket = await subscribe(sim, session, transactions(sim.programs[0]));
  continueBy(session, 1);
  await session.control.method("readyForContinue");
  fail?.(new Error("its process has ended"));
  expect((await session.control.method("error")).params).toEqual({ internal: { error: "its process has ended" } });
  await drain(socket);
  continueBy(session, 1);
  expect((await session.control.method("error")).params).toBe("noMoreBlocks");
  // The session has ended, so it must ignore this failure.
  fail?.(new Error("its process has ended"));
  session.control.send({ method: "closeBacktestSession" });
  expect((await session.control.method("success", "error")).method).toBe("success");
});

test("a session ends even if an engine call never returns", async () => {
  let executing: (() => void) | undefined;
  const started = new Promise<void>((resolve) => {
    executing = resolve;
  });
  let isClosed = false;
  const engine = lateEngine(() => ({
    executeBatch: () => {
      executing?.();
      return new Promise<never>(() => {});
    },
    close: () => {
      isClosed = true;
    },
  }));
  // All timers fire immediately, so that the test does not wait for the timeouts of the simulator.
  const platform = { ...timingOf(), setTimeout: (run: () => void) => setTimeout(run, 0), clearTimeout };
  const sim = await inPage({ engine, platform: platform as SimulatorPlatform });
  const session = await createSession(sim, { startSlot: 100n, endSlot: 109n });
  continueBy(session, 1);
  await started;
  await sim.close();
  expect(isClosed).toBe(true);
});

test("a BacktestFailure that an engine throws is sent to the client unchanged", async () => {
  const failure = new BacktestFailure({ advanceSlotFailed: { slot: 100n, error: "no such block" } });
  const sim = await running(lateEngine(() => ({ executeBatch: () => Promise.reject(failure) })));
  const session = await createSession(sim, { startSlot: 100n, endSlot: 109n });
  continueBy(session, 1);
  expect((await session.control.method("error")).params).toEqual({ advanceSlotFailed: { slot: 100, error: "no such block" } });
});

test("a session also executes blocks that have no transaction batches", async () => {
  let slot = 100n;
  const sim = await running(
    lateEngine(() => ({
      currentBlock: async () => (slot > 102n ? undefined : { slot, blockTime: null, batches: 0, nextBatch: 0 }),
      finishBlock: async () => {
        slot++;
      },
    })),
  );
  const session = await createSession(sim, { startSlot: 100n, endSlot: 102n });
  continueBy(session, 100);
  expect(slotsOf(await session.control.until(({ method }) => method === "completed"))).toEqual([100, 101, 102]);
});

test("a session pauses execution while too many responses are unsent, and continues once the client has received them", async () => {
  const engine = syntheticEngine(SYNTHETIC);
  const last = LIMITS.undeliveredResponses + 5_000;
  const empty: Engine = {
    ...engine,
    open: () => {
      let slot = 1;
      return {
        ...(engine.open({ startSlot: 100n, endSlot: 100n } as CreateParams) as EngineSession),
        currentBlock: () => (slot > last ? undefined : { slot: BigInt(slot), blockTime: null, batches: 0, nextBatch: 0 }),
        executeBatch: () => [],
        finishBlock: () => {
          slot++;
        },
        prepare: () => ({ execute: () => [] }),
        applyAccounts: () => {},
        account: () => undefined,
        summary: () => ({ correctSimulation: 0 }) as SessionSummary,
      };
    },
  };
  const sim = await running(empty);
  const session = await createSession(sim, { startSlot: 1n, endSlot: BigInt(last) });
  const responses = sim.record.session(session.sessionId)?.control ?? [];
  continueBy(session, last);
  sim.faults.schedule({ atSlot: 10 }, { type: "drop" });
  await session.control.closed;
  await expect.poll(() => responses.length).toBeGreaterThan(LIMITS.undeliveredResponses);
  for (let turn = 0; turn < 200; turn++) await timingOf().nextTurn();
  expect(responses.length).toBeLessThan(LIMITS.undeliveredResponses + 50);

  const again = await openSocket(sim);
  again.send({ method: "attachBacktestSession", params: { session_id: session.sessionId, last_sequence: null } });
  again.send({ method: "resumeAttachedSession" });
  await again.method("completed");
  const slots = slotsOf(again.messages) as number[];
  expect(slots).toHaveLength(last);
  expect(slots.every((slot, index) => slot === index + 1)).toBe(true);
});

describe("an engine with answers to JSON-RPC calls", () => {
  test("the simulator passes a JSON-RPC call to the engine first, and answers the call itself if the engine does not", async () => {
    const asked: string[] = [];
    const sim = await running(
      lateEngine(() => ({
        answer: async (method, params) => {
          asked.push(method);
          if (method === "getCoffee") throw new RpcFailure(-32_000, "a teapot", { params });
          return method === "getVersion" ? { value: "ours" } : undefined;
        },
      })),
    );
    const session = await createSession(sim, { startSlot: 100n, endSlot: 102n });
    expect((await rpc(sim, session, "getVersion")).result).toBe("ours");
    expect((await rpc(sim, session, "getSlot")).result).toBe(100);
    expect((await rpc(sim, session, "getCoffee", 1)).error).toEqual({
      code: -32_000,
      message: "a teapot",
      data: { params: [1] },
    });
    expect(asked).toEqual(["getVersion", "getSlot", "getCoffee"]);
    const [wallet = ""] = sim.programs;
    // The engine does not support these methods, so the simulator answers with "method not found".
    for (const [method, ...params] of [
      ["getProgramAccounts", wallet],
      ["getLatestBlockhash"],
      ["isBlockhashValid", wallet],
      ["getBlockHeight"],
      ["getFeeForMessage", "AA=="],
      ["simulateTransaction", "AA==", { encoding: "base64" }],
    ] as const) {
      expect([method, (await rpc(sim, session, method, ...params)).error?.code]).toEqual([method, -32_601]);
    }
  });

  test("discoveries and simulations are refused if the engine does not support them", async () => {
    const sim = await running(lateEngine());
    const range = { startSlot: 100, endSlot: 102 };
    const discoveries = [{ kind: "programExecuted", value: sim.programs[0] }];
    expect(await refusedCreate(sim, { ...range, discoveries })).toEqual({
      invalidRequest: { error: expect.stringContaining("does not support discoveries") },
    });
    const actions = await packActions([{ anchor: { at: "beforeEverySlot" }, transactions: ["AA=="] }]);
    expect(await refusedCreate(sim, { ...range, actions })).toEqual({
      invalidRequest: { error: expect.stringContaining("simulate") },
    });
    expect(await refusedCreate(sim, { ...range, actions, parallel: true })).toEqual({
      invalidRequest: { error: expect.stringContaining("simulate") },
    });
  });

  test("the simulator calls the state-changing methods of an engine one at a time", async () => {
    let inside = 0;
    let most = 0;
    const alone = async <T>(task: () => T): Promise<Awaited<T>> => {
      most = Math.max(most, ++inside);
      await timingOf().nextTurn();
      const done = await task();
      inside--;
      return done;
    };
    const sim = await running(
      lateEngine((session) => ({
        executeBatch: () => alone(() => session.executeBatch()),
        finishBlock: () => alone(() => session.finishBlock()),
        applyAccounts: (states) => alone(() => session.applyAccounts(states)),
        prepare: (wires) => alone(() => session.prepare(wires)),
      })),
    );
    const session = await createSession(sim, { startSlot: 100n, endSlot: 160n });
    continueBy(session, 60);
    const states = { [WORLD.wallets[0]?.text ?? ""]: accountData(5_000_000_000n, WORLD.wallets[1]?.text ?? "") };
    const calls = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0
        ? rpc(sim, session, "modifyAccounts", states)
        : rpc(sim, session, "sendTransaction", transfer(1n, 2).base64, { encoding: "base64" }),
    );
    for (const answer of await Promise.all(calls)) expect(answer.error).toBeUndefined();
    await session.control.method("readyForContinue");
    expect(most).toBe(1);
  });
});

test("the simulator sends the status `startingRuntime` before the engine has opened the session", async () => {
  const engine = syntheticEngine(SYNTHETIC);
  const waiting: (() => void)[] = [];
  const sim = await running({
    ...engine,
    open: async (create) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return engine.open(create);
    },
  });
  for (const parallel of [false, true]) {
    const control = await openSocket(sim);
    control.send({ method: "createBacktestSession", params: { startSlot: 100, endSlot: 100, parallel } });
    expect((await control.next()).params).toEqual({ status: "startingRuntime" });
    await expect.poll(() => waiting.length).toBe(1);
    expect(control.messages).toHaveLength(1);
    waiting.pop()?.();
    await control.method(parallel ? "sessionsCreatedV2" : "sessionCreated");
  }
});

test("a failed sub-session of a parallel run does not affect the other sub-sessions", async () => {
  const sim = await running(
    lateEngine((session) => ({
      finishBlock: async () => {
        const { slot } = (await session.currentBlock()) as { slot: bigint };
        if (slot === 126n) throw new Error("the VM is gone");
        await session.finishBlock();
      },
    })),
  );
  const { control, parts } = await createParallel(sim, { startSlot: 100, endSlot: 149 });
  for (const part of parts) continuePart(part, 100);
  const ends = new Map<string, Message>();
  await control.until((message) => {
    for (const { session_id, event } of eventsOf([message])) {
      if (event.method === "completed" || event.method === "error") ends.set(session_id, event);
    }
    return ends.size === parts.length;
  });
  expect(parts.map(({ sessionId }) => ends.get(sessionId)?.method)).toEqual(["completed", "completed", "error", "completed"]);
  expect(ends.get(parts[2]?.sessionId ?? "")?.params).toEqual({ internal: { error: "the VM is gone" } });
});

test("a parallel create request is refused as a whole if the engine cannot open one of its sessions", async () => {
  const engine = syntheticEngine(SYNTHETIC);
  let opened = 0;
  let closed = 0;
  const sim = await running({
    ...engine,
    open: (create) => {
      if (++opened === 3)
        throw new BacktestFailure({ noProducedBlocksInRange: { start_slot: create.startSlot, end_slot: create.endSlot } });
      return Object.assign(engine.open(create) as EngineSession, { close: () => void closed++ });
    },
  });
  const range = { startSlot: 100, endSlot: 499, name: "again" };
  await expect(createParallel(sim, range)).rejects.toThrow('{"noProducedBlocksInRange":{"start_slot":300,"end_slot":399}}');
  expect(closed).toBe(2);
  const { parts } = await createParallel(sim, range);
  expect(parts).toHaveLength(4);
  expect(sim.record.sessions).toHaveLength(4);
});

test("a failed create request frees its session name", async () => {
  const sim = await running(lateEngine());
  const params = { startSlot: 1, endSlot: 2, name: "again" };
  expect(await refusedCreate(sim, params)).toHaveProperty("bundleNotFound");
  await createSession(sim, { startSlot: 100n, endSlot: 102n, name: "again" });
});

test("if the control socket is lost while the engine opens a session, a retry of the create request returns the same session", async () => {
  const sim = await running(lateEngine());
  const lost = await openSocket(sim);
  const params = { startSlot: 100, endSlot: 102, disconnectTimeoutSecs: 60, name: "lost", createToken: "a".repeat(32) };
  lost.send({ method: "createBacktestSession", params });
  await expect.poll(() => sim.record.connections.control).toBe(1);
  lost.close();
  const again = await openSocket(sim);
  again.send({ method: "createBacktestSession", params });
  await again.method("readyForContinue");
  expect(sim.record.sessions).toHaveLength(1);
});

test("a session is closed if the simulator was closed while the session was being created", async () => {
  let closed = 0;
  const engine = lateEngine(() => ({
    close: () => {
      closed++;
    },
  }));
  const sim = createLocalSimulator({ engine });
  const socket = new sim.WebSocket(sim.url);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  socket.send('{"method":"createBacktestSession","params":{"startSlot":100,"endSlot":102}}');
  await expect.poll(() => socket.bufferedAmount).toBe(0);
  await sim.close();
  await expect.poll(() => closed).toBe(1);
});
