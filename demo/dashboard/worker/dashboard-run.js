// @ts-check
import { ConnectionLog } from "./connection-log.js";
import { RecentKeys } from "./recent-keys.js";
import { describe } from "./row-detail.js";
import { RunRecorder } from "./run-recorder.js";
import { RunSource } from "./run-source.js";
import { SessionPlayer } from "./session-player.js";

/** @typedef {import("../../../dist/browser.js").ManagedBacktestSession} ManagedBacktestSession */
/** @typedef {import("../../../dist/browser.js").ManagedParallelSession} ManagedParallelSession */
/** @typedef {import("../../../dist/browser.js").ParallelSubSession} ParallelSubSession */
/** @typedef {import("../contract.js").Settings} Settings */
/** @typedef {import("../contract.js").Snapshot} Snapshot */
/** @typedef {import("../contract.js").RunResult} RunResult */
/** @typedef {import("../contract.js").SavedRun} SavedRun */
/** @typedef {{ channel: string, status: import("../../../dist/browser.js").ConnectionStatus }} ConnectionChange */
/** @typedef {{ session: ManagedBacktestSession | ParallelSubSession, taker: SessionPlayer, startSlot: bigint, endSlot: bigint,
 *   slot: bigint | undefined, seen: RecentKeys, notifications: number, end: string | undefined }} Lane */
/**
 * What had been counted when the page was reloaded. slot: the last one executed; seen: transactions that another program's
 * subscription may bring again.
 *
 * @typedef {import("./run-recorder.js").Totals & { gaps: number, reconnects: number, elapsedMs: number, slot?: bigint, seen: [string, bigint][] }} Totals
 */

/** Of the newest transactions: a reconnect may bring each program's anew, one program after the other. */
const SIGNATURES = 20_000;
/** As much of a transaction's base64 as holds its first signature. */
const KEY_CHARACTERS = 88;
const MOST_U64 = 2n ** 64n - 1n;

/** One run, from its start to its end: its connections, its pace, and all that it brought. */
export class DashboardRun {
  settings;
  recorder;
  connections = new ConnectionLog();
  /** @type {{ table: import("../contract.js").TableName, id: number } | undefined} */
  selection;
  #number;
  #page;
  #handleChange;
  /** @type {RunSource | undefined} */
  #source;
  /** @type {ManagedBacktestSession | ManagedParallelSession | undefined} */
  #session;
  /** @type {Lane[]} */
  #lanes = [];
  /** @type {Totals | undefined} */
  #earlier;
  /** @type {"starting" | "standing" | "stopping" | "completed" | "ended" | "failed"} */
  #state = "starting";
  /** What it was last told to do. @type {"play" | "pause" | "step"} */
  #wish = "play";
  #starting = new AbortController();
  /** @type {string | undefined} */
  #stage;
  /** @type {{ code: string, message: string } | undefined} */
  #error;
  /** @type {RunResult | undefined} */
  #result;
  /** @type {import("../../../dist/browser.js").SessionSummary | undefined} */
  #summary;
  #startedAt = performance.now();

  /**
   * @param {number} number
   * @param {Settings} settings
   * @param {import("../../../dist/browser.js").PageLife | undefined} page
   * @param {{ handleChange: () => void, handleRefusal: (command: "nextDiscovery", error: unknown) => void }} handlers
   */
  constructor(number, settings, page, { handleChange, handleRefusal }) {
    this.#number = number;
    this.settings = settings;
    this.#page = page;
    this.#handleChange = handleChange;
    this.handleRefusal = handleRefusal;
    this.recorder = new RunRecorder(settings);
  }

  /** Starts a session and plays it; ends with it. Never rejects: what went wrong is shown. */
  async start() {
    await this.#live(async (source) => {
      const { startSlot, slotCount, discoverPrograms, parallel } = this.settings;
      const create = {
        startSlot,
        slotCount,
        sendSummary: true,
        ...(discoverPrograms.length > 0 && {
          discoveries: discoverPrograms.map((value) => ({ kind: /** @type {const} */ ("programExecuted"), value })),
        }),
      };
      const options = {
        signal: this.#starting.signal,
        onConnection: (/** @type {ConnectionChange} */ change) => this.#noteStatus(change, ""),
      };
      return parallel ? source.client.startParallelSession(create, options) : source.client.startSession(create, options);
    });
  }

  /** Goes on where another load of the page was. @param {SavedRun} kept */
  async resume({ checkpoint, totals, wasPlaying }) {
    const earlier = /** @type {Totals} */ (totals);
    this.#earlier = earlier;
    this.#wish = wasPlaying ? "play" : "pause";
    this.#startedAt -= earlier.elapsedMs;
    this.recorder.restore(earlier);
    this.connections.restore(earlier);
    await this.#live((source) =>
      source.client.resumeSession(checkpoint, {
        signal: this.#starting.signal,
        onConnection: (change) => this.#noteStatus(change, ""),
      }),
    );
  }

  /** Whether something can still happen. */
  get isOpen() {
    return this.#state === "starting" || this.#state === "standing" || this.#state === "stopping";
  }

  play() {
    this.#wish = "play";
    for (const { taker } of this.#lanes) taker.setMode("play");
    this.#handleChange();
  }

  pause() {
    this.#wish = "pause";
    for (const { taker } of this.#lanes) taker.setMode("hold");
    this.#handleChange();
  }

  /** @param {number} slots */
  async step(slots) {
    this.#wish = "step";
    await this.#move((session) => session.continue({ advanceCount: slots }));
  }

  /** @param {bigint} slot */
  async continueTo(slot) {
    this.#wish = "step";
    await this.#move((session) => session.continueTo({ slot }));
  }

  nextDiscovery() {
    this.#wish = "step";
    for (const { taker } of this.#lanes) taker.setMode("discover");
    this.#handleChange();
  }

  async stop() {
    if (this.#state === "starting") this.#starting.abort();
    else if (this.#state === "standing") {
      this.#state = "stopping";
      this.#handleChange();
      await this.#session?.shutdown();
    }
  }

  /** @param {import("../../../dist/browser-local.js").Fault} fault */
  strike(fault) {
    this.#source?.strike(fault);
  }

  /** What a reload of the page needs to go on; `undefined` where nothing lives on. @returns {SavedRun | undefined} */
  keep() {
    const [lane] = this.#lanes;
    if (this.#state !== "standing" || this.settings.source.kind !== "url" || !lane || !("checkpoint" in lane.session))
      return undefined;
    const checkpoint = lane.session.checkpoint();
    return {
      // The key is asked for again: no page keeps it, wherever it was written.
      settings: { ...this.settings, source: withoutKey(this.settings.source) },
      checkpoint,
      totals: /** @type {Totals} */ ({
        ...this.recorder.totals(),
        ...this.connections.totals(),
        elapsedMs: performance.now() - this.#startedAt,
        ...(lane.slot !== undefined && { slot: lane.slot }),
        seen: lane.seen.from(leastCursor(checkpoint)),
      }),
      wasPlaying: this.#wish === "play",
    };
  }

  /** @returns {Snapshot} */
  read() {
    const { recorder, connections, settings } = this;
    const { sums } = recorder;
    const progress = this.#progress();
    const detail = this.selection && describe(recorder, this.selection);
    return {
      run: this.#number,
      phase: this.#phase(),
      settings: { ...settings, source: withoutKey(settings.source) },
      ...(this.#session && { session: this.#describeSession(this.#session) }),
      ...(this.#stage !== undefined && { stage: this.#stage }),
      ...(this.#error && { error: this.#error }),
      progress,
      channels: connections.channels,
      connectionLog: connections.entries,
      counters: { ...this.#diagnostics(), gaps: connections.gaps, reconnects: connections.reconnects, ...pick(sums) },
      tables: {
        transactions: recorder.transactions.read(),
        accountDiffs: recorder.accountDiffs.read(),
        logs: recorder.logs.read(),
      },
      ...(detail && { detail }),
      accounts: recorder.accounts(),
      ...(recorder.balance && { chartedAccount: recorder.balance.account }),
      lanes: settings.parallel ? this.#lanes.map(describeLane) : [],
      discoveries: recorder.discoveries.map((discovery) => ({
        ...discovery,
        isAhead: progress.slot === undefined || discovery.slot > progress.slot,
      })),
      ...(this.#result && { result: this.#result }),
      faults: this.#state === "standing" ? (this.#source?.faults ?? "none") : "none",
    };
  }

  /** @param {(source: RunSource) => Promise<ManagedBacktestSession | ManagedParallelSession>} begin */
  async #live(begin) {
    try {
      this.#source = await RunSource.open(this.settings, this.#page);
      const session = await begin(this.#source);
      this.#session = session;
      this.#lanes =
        "subSessions" in session ? session.subSessions.map((sub, index) => this.#follow(sub, index)) : [this.#follow(session)];
      if ("subSessions" in session) {
        session.on("connection", (change) => this.#noteStatus(change, ""));
        // What became of it before anybody listened.
        this.connections.noteStatus("control", session.connection);
      }
      if (this.#earlier === undefined) this.#subscribe();
      this.#state = "standing";
      // What it was told while it started.
      for (const { taker } of this.#lanes) taker.setMode(this.#wish === "play" ? "play" : "hold");
      this.#handleChange();
      await Promise.all(this.#lanes.map(({ taker }) => taker.takeAll()));
      this.#handleEnd(await session.closed);
    } catch (error) {
      this.#handleEnd(
        this.#starting.signal.aborted
          ? { reason: "shutdown" }
          : { reason: "failed", error: /** @type {Error & { code?: string }} */ (error) },
      );
    } finally {
      await this.#source?.close();
      this.#handleChange();
    }
  }

  /** Those that were asked for, or all that the simulator has. */
  get #programs() {
    const { programs } = this.settings;
    return programs.length > 0 ? programs : [...(this.#source?.programs ?? [])];
  }

  #subscribe() {
    const { streams } = this.settings;
    for (const { session } of this.#lanes) {
      if (streams.transactions) session.subscribeTransactions(this.#programs);
      if (streams.accountDiffs) session.subscribeAccountDiffs(this.#programs);
    }
  }

  /** @param {ManagedBacktestSession | ParallelSubSession} session @param {number} [index] of a parallel run's sessions @returns {Lane} */
  #follow(session, index) {
    const { recorder, connections } = this;
    const suffix = index === undefined ? "" : ` ${index + 1}`;
    const { startSlot, endSlot } = rangeOf(session, this.settings);
    const taker = new SessionPlayer(session, this.settings.step, {
      handleRefusal: (error) => this.handleRefusal("nextDiscovery", error),
      handleArrival: () => this.#handleChange(),
    });
    /** @type {Lane} */
    const lane = {
      session,
      taker,
      startSlot,
      endSlot,
      slot: this.#earlier?.slot,
      seen: new RecentKeys(SIGNATURES),
      notifications: 0,
      end: undefined,
    };
    for (const [key, slot] of this.#earlier?.seen ?? []) lane.seen.add(key, slot);
    session.on("transaction", ({ transaction }) => {
      // One that mentions two of the programs comes for each of them, and is one transaction all the same.
      if (this.#programs.length > 1 && !lane.seen.add(transactionKey(transaction), transaction.slot)) return;
      lane.notifications++;
      recorder.addTransaction(transaction, index);
      this.#handleChange();
    });
    session.on("accountDiff", ({ diff }) => {
      lane.notifications++;
      recorder.addAccountDiff(diff, index);
      this.#handleChange();
    });
    session.on("slot", ({ slot }) => {
      // A slot may come again after a reload, when what was delivered after the checkpoint comes again.
      if (lane.slot !== undefined && slot <= lane.slot) return;
      const before = lane.slot ?? startSlot - 1n;
      lane.slot = slot;
      recorder.addSlot(slot, Number(slot - before) - 1);
      this.#handleChange();
    });
    session.on("status", ({ status }) => {
      this.#stage = status;
      this.#handleChange();
    });
    session.on("discoveryBatch", (event) => {
      recorder.addDiscovery(event);
      this.#handleChange();
    });
    session.on("continuity", (event) => {
      const isShared = index !== undefined && event.kind === "resumed" && event.channel === "control";
      if (!isShared) connections.noteContinuity(event, suffix);
      this.#handleChange();
    });
    session.on("error", ({ error }) => connections.note(`control${suffix}`, "bad", `the server says: ${describeRemote(error)}`));
    session.on("unrecognized", ({ reason }) => connections.note(`control${suffix}`, "bad", `a frame was skipped: ${reason}`));
    for (const stop of /** @type {const} */ (["readyForContinue", "paused"])) session.on(stop, () => this.#handleChange());
    session.on("completed", ({ summary }) => {
      // No slot comes after the last block that tells of those that had none.
      recorder.addSkipped(Number(endSlot - (lane.slot ?? startSlot - 1n)));
      if (summary !== undefined) this.#summary = this.#summary === undefined ? summary : addSummaries(this.#summary, summary);
      this.#handleChange();
    });
    // Of a parallel run's sessions the control connection is one, and the run's own.
    session.on("connection", (change) => {
      if (index === undefined || change.channel !== "control") this.#noteStatus(change, suffix);
    });
    session.on("close", ({ reason }) => {
      lane.end = reason;
      this.#handleChange();
    });
    // What became of it before anybody listened.
    if (index === undefined) connections.noteStatus("control", session.connection);
    return lane;
  }

  /** @param {ConnectionChange} change @param {string} suffix */
  #noteStatus({ channel, status }, suffix) {
    this.connections.noteStatus(channel + suffix, status);
    this.#handleChange();
  }

  /** @param {(session: ManagedBacktestSession) => Promise<void>} request */
  async #move(request) {
    this.#handleChange();
    await Promise.all(
      this.#lanes
        .filter(({ end }) => end === undefined)
        .map(({ taker }) => taker.move((session) => request(/** @type {ManagedBacktestSession} */ (session)))),
    );
  }

  /** @returns {import("../contract.js").Phase} */
  #phase() {
    if (this.#state !== "standing") return this.#state;
    const open = this.#lanes.filter(({ end }) => end === undefined);
    if (open.some(({ taker }) => taker.mode === "play")) return "playing";
    if (open.every(({ taker }) => taker.isAtStop)) return "stopped";
    return this.#wish === "step" ? "stepping" : "pausing";
  }

  /** @returns {import("../contract.js").Progress} */
  #progress() {
    const { recorder, settings } = this;
    const slots = this.#lanes.flatMap(({ slot }) => (slot === undefined ? [] : [slot]));
    const slot = slots.sort((a, b) => (a < b ? -1 : 1)).at(-1);
    const { done, total } = this.#session?.progress ?? { done: 0n, total: settings.slotCount + 1n };
    const now = Date.now();
    const isMoving = this.#state === "standing";
    const slotsPerSecond = isMoving ? recorder.executed.mean(now) : 0;
    const secondsLeft = slotsPerSecond > 0 ? Number(total - done) / slotsPerSecond : undefined;
    return {
      ...(slot !== undefined && { slot }),
      done,
      total,
      skipped: recorder.sums.skipped,
      slotsPerSecond,
      notificationsPerSecond: isMoving ? recorder.notifications.mean(now) : 0,
      ...(secondsLeft !== undefined && this.#phase() === "playing" && { secondsLeft }),
    };
  }

  #diagnostics() {
    const sum = { frames: 0, bytes: 0, duplicatesDropped: 0, malformed: 0, queued: 0 };
    for (const { session } of this.#lanes) {
      const { frames, bytes, duplicatesDropped, malformed, queueLength } = session.diagnostics;
      sum.frames += frames;
      sum.bytes += bytes;
      sum.duplicatesDropped += duplicatesDropped;
      sum.malformed += malformed;
      sum.queued += queueLength;
    }
    return sum;
  }

  /** @param {ManagedBacktestSession | ManagedParallelSession} session */
  #describeSession(session) {
    const { startSlot, slotCount } = this.settings;
    const id = "controlSessionId" in session ? session.controlSessionId : session.info.sessionId;
    return { id, startSlot, endSlot: startSlot + slotCount, isResumed: this.#earlier !== undefined };
  }

  /** @param {{ reason: string, error?: Error & { code?: string } }} end */
  #handleEnd({ reason, error }) {
    const outcome = reason === "completed" ? "completed" : reason === "failed" ? "failed" : "ended";
    this.#state = outcome;
    if (error !== undefined) this.#error = { code: error.code ?? error.name, message: error.message };
    if (this.#session === undefined) return;
    const { startSlot, slotCount } = this.settings;
    const { duplicatesDropped } = this.#diagnostics();
    this.#result = {
      endedAt: Date.now(),
      outcome,
      sourceLabel: this.#source?.label ?? "",
      startSlot,
      endSlot: startSlot + slotCount,
      programs: this.#programs,
      durationMs: performance.now() - this.#startedAt,
      ...this.recorder.sums,
      reconnects: this.connections.reconnects,
      duplicatesDropped,
      gaps: this.connections.gaps,
      ...(this.#summary && { server: this.#summary }),
    };
  }
}

/** @param {string} url */
function withoutQueryKey(url) {
  const kept = new URL(url);
  if (!kept.searchParams.has("api_key")) return url;
  kept.searchParams.delete("api_key");
  return kept.href;
}

/** @param {Settings["source"]} source @returns {Settings["source"]} */
const withoutKey = (source) => (source.kind === "url" ? { ...source, url: withoutQueryKey(source.url), apiKey: "" } : source);

/** @param {RunRecorder["sums"]} sums */
const pick = ({ transactions, failedTransactions, accountDiffs }) => ({ transactions, failedTransactions, accountDiffs });

/** @param {ManagedBacktestSession | ParallelSubSession} session @param {Settings} settings */
function rangeOf(session, { startSlot, slotCount }) {
  return "range" in session ? session.range : { startSlot, endSlot: startSlot + slotCount };
}

/** Before this slot nothing comes again to a session that goes on. @param {import("../../../dist/browser.js").SessionCheckpoint} checkpoint */
function leastCursor({ startSlot, subscriptions }) {
  const cursors = subscriptions
    .filter(({ kind, complete }) => kind === "transaction" && !complete)
    .flatMap(({ cursors: each }) => each.map((cursor) => BigInt(cursor?.slot ?? startSlot)));
  return cursors.sort((a, b) => (a < b ? -1 : 1))[0] ?? MOST_U64;
}

/** @param {Lane} lane @param {number} index @returns {import("../contract.js").Lane} */
function describeLane({ session, startSlot, endSlot, slot, notifications, end }, index) {
  const { done, total } = session.progress;
  const { state } = session.connection;
  const reconnects = Object.values(session.diagnostics.reconnects).reduce((sum, count) => sum + count, 0);
  const shown =
    end === "completed"
      ? "completed"
      : end === "failed" || state === "failed"
        ? "failed"
        : state === "closed"
          ? "completed"
          : state;
  return {
    index,
    startSlot,
    endSlot,
    ...(slot !== undefined && { slot }),
    done,
    total,
    notifications,
    state: shown === "up" && slot === undefined ? "waiting" : shown,
    reconnects,
  };
}

/** @param {import("../../../dist/browser.js").BacktestError} error */
function describeRemote({ kind, ...more }) {
  const said = Object.values(more).filter((value) => typeof value === "string");
  return [kind, ...said].join(": ");
}

/** @param {import("../../../dist/browser.js").ConfirmedTransaction} transaction */
function transactionKey({ transaction }) {
  return (Array.isArray(transaction) ? transaction[0] : transaction).slice(0, KEY_CHARACTERS);
}

/** @typedef {import("../../../dist/browser.js").SessionSummary} SessionSummary */

/** Of a parallel run's sessions. What they say of re-quoted swaps isn't shown. @param {SessionSummary} a @param {SessionSummary} b @returns {SessionSummary} */
function addSummaries(a, b) {
  return {
    correctSimulation: a.correctSimulation + b.correctSimulation,
    incorrectSimulation: a.incorrectSimulation + b.incorrectSimulation,
    executionErrors: a.executionErrors + b.executionErrors,
    balanceDiff: a.balanceDiff + b.balanceDiff,
    logDiff: a.logDiff + b.logDiff,
    unsanitizable: a.unsanitizable + b.unsanitizable,
  };
}
