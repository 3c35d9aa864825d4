// @ts-check
import { ConnectionLog } from "./connection-log.js";
import { visibleReasonOf } from "./explanations.js";
import { RecentKeys } from "./recent-keys.js";
import { describe } from "./row-detail.js";
import { RunRecorder } from "./run-recorder.js";
import { RunSource } from "./run-source.js";
import { SessionPlayer } from "./session-player.js";
import { TransactionFinder } from "./transaction-finder.js";

/** @typedef {import("../../../dist/browser.js").ManagedBacktestSession} ManagedBacktestSession */
/** @typedef {import("../../../dist/browser.js").ManagedParallelSession} ManagedParallelSession */
/** @typedef {import("../../../dist/browser.js").ParallelSubSession} ParallelSubSession */
/** @typedef {import("../contract.js").Settings} Settings */
/** @typedef {import("../contract.js").Snapshot} Snapshot */
/** @typedef {import("../contract.js").RunResult} RunResult */
/** @typedef {import("../contract.js").SavedRun} SavedRun */
/** @typedef {{ channel: string, status: import("../../../dist/browser.js").ConnectionStatus }} ConnectionChange */
/** @typedef {{ session: ManagedBacktestSession | ParallelSubSession, player: SessionPlayer, startSlot: bigint, endSlot: bigint,
 *   slot: bigint | undefined, seen: RecentKeys, notifications: number, end: string | undefined }} SubRangeRun */
/**
 * The totals before a reload of the page. `slot`: the last executed slot. `seen`: the transactions that the server may replay.
 *
 * @typedef {import("./run-recorder.js").Totals & { gaps: number, reconnects: number, elapsedMs: number, slot?: bigint, seen:
 * [string, bigint][] }} Totals
 */

/** Number of transactions stored to detect duplicates. A transaction is delivered once for each subscribed program. */
const SIGNATURES = 20_000;
/** Number of characters that `transactionKey` reads at each end of a transaction. One of the ends contains the signature. */
const KEY_CHARACTERS = 88;
const MOST_U64 = 2n ** 64n - 1n;
/** Maximum time that each snapshot spends on comparing new rows with a filter, in ms. */
const SEARCH_MS = 12;

/** A run of the dashboard: its session, its controls, and the recorded data. */
export class DashboardRun {
  settings;
  recorder;
  connections = new ConnectionLog();
  /** @type {{ table: import("../contract.js").TableName, id: number } | undefined} */
  selection;
  /** Searches for the transaction that the URL of the page names. @type {TransactionFinder | undefined} */
  #finder;
  #number;
  #pageEvents;
  #handleChange;
  /** @type {RunSource | undefined} */
  #source;
  /** @type {ManagedBacktestSession | ManagedParallelSession | undefined} */
  #session;
  /** @type {SubRangeRun[]} */
  #subRanges = [];
  /** @type {Totals | undefined} */
  #earlier;
  /** @type {"starting" | "open" | "stopping" | "completed" | "ended" | "failed"} */
  #state = "starting";
  /** The user's last command. @type {"play" | "pause" | "step"} */
  #command = "play";
  #starting = new AbortController();
  /** @type {string | undefined} */
  #stage;
  /** @type {Snapshot["error"]} */
  #error;
  /** @type {RunResult | undefined} */
  #result;
  /** @type {import("../../../dist/browser.js").SessionSummary | undefined} */
  #summary;
  #startedAt = performance.now();

  /**
   * @param {number} number
   * @param {Settings} settings
   * @param {import("../../../dist/browser.js").PageLife | undefined} pageEvents
   * @param {{ handleChange: () => void, handleRefusal: (command: "nextDiscovery", error: unknown) => void }} handlers
   */
  constructor(number, settings, pageEvents, { handleChange, handleRefusal }) {
    this.#number = number;
    this.settings = settings;
    this.#pageEvents = pageEvents;
    this.#handleChange = handleChange;
    this.handleRefusal = handleRefusal;
    this.recorder = new RunRecorder(settings);
  }

  /** Starts a session and plays it to its end. Never rejects: errors are part of the snapshot. */
  async start() {
    await this.#runSession(async (source) => {
      const { startSlot, discoverPrograms, parallel } = this.settings;
      const create = {
        startSlot,
        endSlot: endSlotOf(this.settings),
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

  /** Resumes the run of a previous page load. @param {SavedRun} saved */
  async resume({ checkpoint, totals, wasPlaying }) {
    const earlier = /** @type {Totals} */ (totals);
    this.#earlier = earlier;
    this.#command = wasPlaying ? "play" : "pause";
    this.#startedAt -= earlier.elapsedMs;
    this.recorder.restore(earlier);
    this.connections.restore(earlier);
    await this.#runSession((source) =>
      source.client.resumeSession(checkpoint, {
        signal: this.#starting.signal,
        onConnection: (change) => this.#noteStatus(change, ""),
      }),
    );
  }

  /** Whether the run has not ended. */
  get isOpen() {
    return this.#state === "starting" || this.#state === "open" || this.#state === "stopping";
  }

  play() {
    this.#command = "play";
    for (const { player } of this.#subRanges) player.setMode("play");
    this.#handleChange();
  }

  pause() {
    this.#command = "pause";
    for (const { player } of this.#subRanges) player.setMode("hold");
    this.#handleChange();
  }

  /** @param {number} slots */
  async step(slots) {
    this.#command = "step";
    await this.#move((session) => session.continue({ advanceCount: slots }));
  }

  /** @param {bigint} slot */
  async continueTo(slot) {
    this.#command = "step";
    await this.#move((session) => session.continueTo({ slot }));
  }

  nextDiscovery() {
    this.#command = "step";
    for (const { player } of this.#subRanges) player.setMode("discover");
    this.#handleChange();
  }

  async stop() {
    if (this.#state === "starting") this.#starting.abort();
    else if (this.#state === "open") {
      this.#state = "stopping";
      this.#handleChange();
      await this.#session?.shutdown();
    }
  }

  /** @param {import("../../../dist/browser-local.js").Fault} fault */
  injectFault(fault) {
    this.#source?.injectFault(fault);
  }

  /** Selects a transaction, as soon as it is in memory. @param {string | undefined} signature `undefined` ends the search */
  selectTransaction(signature) {
    this.#finder = signature === undefined ? undefined : new TransactionFinder(this.recorder.transactions, signature);
  }

  /** Continues to filter the tables, and to search for the transaction that the URL names. @returns {boolean} whether a search is still running */
  search() {
    const { recorder } = this;
    recorder.search(SEARCH_MS);
    const id = this.#finder?.find(SEARCH_MS);
    if (id !== undefined) {
      this.#finder = undefined;
      this.selection = { table: "transactions", id };
    }
    const isSearching = [recorder.transactions, recorder.accountDiffs, recorder.logs].some((table) => table.isSearching);
    return isSearching || (this.#finder !== undefined && !this.#finder.isDone);
  }

  /** Returns the data that a reloaded page needs to resume the run, or `undefined` if the run cannot be resumed. @returns {SavedRun | undefined} */
  save() {
    const [subRange] = this.#subRanges;
    if (this.#state !== "open" || this.settings.source.kind !== "url" || !subRange || !("checkpoint" in subRange.session))
      return undefined;
    const checkpoint = subRange.session.checkpoint();
    return {
      // API keys are never stored. After a reload, the user enters the key again.
      settings: { ...this.settings, source: withoutKey(this.settings.source) },
      checkpoint,
      totals: /** @type {Totals} */ ({
        ...this.recorder.totals(),
        ...this.connections.totals(),
        elapsedMs: performance.now() - this.#startedAt,
        ...(subRange.slot !== undefined && { slot: subRange.slot }),
        seen: subRange.seen.from(leastCursor(checkpoint)),
      }),
      wasPlaying: this.#command === "play",
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
      counters: { ...this.#diagnostics(), gaps: connections.gaps, reconnects: connections.reconnects, ...countersOf(sums) },
      tables: {
        transactions: withReasons(recorder, this.#handleChange),
        accountDiffs: recorder.accountDiffs.read(),
        logs: recorder.logs.read(),
      },
      ...(detail && { detail }),
      ...(this.#finder && { awaited: this.#finder.signature }),
      accounts: recorder.accounts(),
      chartedAccounts: recorder.balances.map(({ account }) => account),
      subRanges: settings.parallel ? this.#subRanges.map(describeSubRange) : [],
      discoveries: recorder.discoveries.map((discovery) => ({
        ...discovery,
        isAhead: progress.slot === undefined || discovery.slot > progress.slot,
      })),
      ...(this.#result && { result: this.#result }),
      faults: this.#state === "open" ? (this.#source?.faults ?? "none") : "none",
    };
  }

  /** @param {(source: RunSource) => Promise<ManagedBacktestSession | ManagedParallelSession>} open */
  async #runSession(open) {
    try {
      this.#source = await RunSource.open(this.settings, this.#pageEvents);
      const session = await open(this.#source);
      this.#session = session;
      this.#subRanges =
        "subSessions" in session ? session.subSessions.map((sub, index) => this.#follow(sub, index)) : [this.#follow(session)];
      if ("subSessions" in session) {
        session.on("connection", (change) => this.#noteStatus(change, ""));
        // The listener is called only for later changes, so the current status is noted here.
        this.connections.noteStatus("control", session.connection);
      }
      if (this.#earlier === undefined) this.#subscribe();
      this.#state = "open";
      // Applies the command that the user gave during the start.
      for (const { player } of this.#subRanges) player.setMode(this.#command === "play" ? "play" : "hold");
      this.#handleChange();
      await Promise.all(this.#subRanges.map(({ player }) => player.consumeAll()));
      this.#handleEnd(await session.closed);
    } catch (error) {
      this.#handleEnd(
        this.#starting.signal.aborted
          ? { reason: "shutdown" }
          : { reason: "failed", error: /** @type {Error & { code?: string }} */ (error) },
      );
      // The server refused the session. The available ranges help the user to choose a valid range.
      if (this.#error?.code === "create" && this.settings.source.kind === "url") {
        this.#handleChange();
        const ranges = await this.#source?.ranges();
        if (ranges !== undefined) this.#error = { ...this.#error, ranges };
      }
    } finally {
      await this.#source?.close();
      this.#handleChange();
    }
  }

  /** Returns the requested programs. If none is requested, returns all programs of the simulator in the page. */
  get #programs() {
    const { programs } = this.settings;
    return programs.length > 0 ? programs : [...(this.#source?.programs ?? [])];
  }

  #subscribe() {
    const { streams } = this.settings;
    for (const { session } of this.#subRanges) {
      if (streams.transactions) session.subscribeTransactions(this.#programs);
      if (streams.accountDiffs) session.subscribeAccountDiffs(this.#programs);
    }
  }

  /** @param {ManagedBacktestSession | ParallelSubSession} session @param {number} [index] of the sub-range, in a parallel run @returns {SubRangeRun} */
  #follow(session, index) {
    const { recorder, connections } = this;
    const suffix = index === undefined ? "" : ` ${index + 1}`;
    const { startSlot, endSlot } = rangeOf(session, this.settings);
    const player = new SessionPlayer(session, this.settings.step, {
      handleRefusal: (error) => this.handleRefusal("nextDiscovery", error),
      handleDiscovery: () => this.#handleChange(),
    });
    /** @type {SubRangeRun} */
    const subRange = {
      session,
      player,
      startSlot,
      endSlot,
      slot: this.#earlier?.slot,
      seen: new RecentKeys(SIGNATURES),
      notifications: 0,
      end: undefined,
    };
    for (const [key, slot] of this.#earlier?.seen ?? []) subRange.seen.add(key, slot);
    session.on("transaction", ({ transaction }) => {
      // Drops duplicates. The client delivers a transaction once for each subscribed program that the transaction mentions.
      if (this.#programs.length > 1 && !subRange.seen.add(transactionKey(transaction), transaction.slot)) return;
      subRange.notifications++;
      recorder.addTransaction(transaction, index);
      this.#handleChange();
    });
    session.on("accountDiff", ({ diff }) => {
      subRange.notifications++;
      recorder.addAccountDiff(diff, index);
      this.#handleChange();
    });
    session.on("slot", ({ slot }) => {
      // After a reload of the page, the server replays slots that were already counted.
      if (subRange.slot !== undefined && slot <= subRange.slot) return;
      const before = subRange.slot ?? startSlot - 1n;
      subRange.slot = slot;
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
    session.on("error", ({ error }) =>
      connections.note(`control${suffix}`, "bad", `server error: ${describeServerError(error)}`),
    );
    session.on("unrecognized", ({ reason }) => connections.note(`control${suffix}`, "bad", `skipped a frame: ${reason}`));
    // The session updates its checkpoint after this listener returns. A microtask then calls `#handleChange`, which needs the new
    // checkpoint.
    const handleStop = () => queueMicrotask(() => this.#handleChange());
    for (const stop of /** @type {const} */ (["readyForContinue", "paused"])) session.on(stop, handleStop);
    session.on("completed", ({ summary }) => {
      // The server sends no event for skipped slots after the last block.
      recorder.addSkipped(Number(endSlot - (subRange.slot ?? startSlot - 1n)));
      if (summary !== undefined) this.#summary = this.#summary === undefined ? summary : addSummaries(this.#summary, summary);
      this.#handleChange();
    });
    // In a parallel run, all sub-ranges share one control connection. The run notes the status of this
    // connection once, not for each sub-range.
    session.on("connection", (change) => {
      if (index === undefined || change.channel !== "control") this.#noteStatus(change, suffix);
    });
    session.on("close", ({ reason }) => {
      subRange.end = reason;
      this.#handleChange();
    });
    // The listener is called only for later changes, so the current status is noted here.
    if (index === undefined) connections.noteStatus("control", session.connection);
    return subRange;
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
      this.#subRanges
        .filter(({ end }) => end === undefined)
        .map(({ player }) => player.move((session) => request(/** @type {ManagedBacktestSession} */ (session)))),
    );
  }

  /** @returns {import("../contract.js").Phase} */
  #phase() {
    if (this.#state !== "open") return this.#state;
    const open = this.#subRanges.filter(({ end }) => end === undefined);
    if (open.some(({ player }) => player.mode === "play")) return "playing";
    if (open.every(({ player }) => player.isAtStop)) return "stopped";
    return this.#command === "step" ? "stepping" : "pausing";
  }

  /** @returns {import("../contract.js").Progress} */
  #progress() {
    const { recorder, settings } = this;
    const slots = this.#subRanges.flatMap(({ slot }) => (slot === undefined ? [] : [slot]));
    const slot = slots.sort((a, b) => (a < b ? -1 : 1)).at(-1);
    const { slots: executed, skipped } = recorder.sums;
    const done = BigInt(executed + skipped);
    const total = settings.slotCount;
    const now = Date.now();
    const isMoving = this.#state === "open";
    const slotsPerSecond = isMoving ? recorder.executed.mean(now) : 0;
    const secondsLeft = slotsPerSecond > 0 ? Number(total - done) / slotsPerSecond : undefined;
    return {
      ...(slot !== undefined && { slot }),
      done,
      total,
      skipped,
      slotsPerSecond,
      idleMs: Math.max(0, now - recorder.lastEventAt),
      notificationsPerSecond: isMoving ? recorder.notifications.mean(now) : 0,
      ...(secondsLeft !== undefined && this.#phase() === "playing" && { secondsLeft }),
    };
  }

  #diagnostics() {
    const sum = { frames: 0, bytes: 0, duplicatesDropped: 0, malformed: 0, queued: 0 };
    for (const { session } of this.#subRanges) {
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
    const { startSlot } = this.settings;
    const id = "controlSessionId" in session ? session.controlSessionId : session.info.sessionId;
    return { id, startSlot, endSlot: endSlotOf(this.settings), isResumed: this.#earlier !== undefined };
  }

  /** @param {{ reason: string, error?: Error & { code?: string } }} end */
  #handleEnd({ reason, error }) {
    const outcome = reason === "completed" ? "completed" : reason === "failed" ? "failed" : "ended";
    this.#state = outcome;
    if (error !== undefined) this.#error = { code: error.code ?? error.name, message: error.message };
    if (this.#session === undefined) return;
    const { startSlot } = this.settings;
    const { duplicatesDropped } = this.#diagnostics();
    this.#result = {
      endedAt: Date.now(),
      outcome,
      sourceLabel: this.#source?.label ?? "",
      startSlot,
      endSlot: endSlotOf(this.settings),
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

/** Returns the visible transactions, with their errors in words. @param {RunRecorder} recorder @param {() => void} handleLoaded see `visibleReasonOf` */
function withReasons(recorder, handleLoaded) {
  const state = recorder.transactions.read();
  for (const row of state.rows) {
    const item = row.error === undefined ? undefined : recorder.transactions.item(row.id);
    const reason = item && visibleReasonOf(item.transaction, handleLoaded);
    if (reason !== undefined) row.reason = reason;
  }
  return state;
}

/** @param {string} url */
function withoutQueryKey(url) {
  const parsed = new URL(url);
  if (!parsed.searchParams.has("api_key")) return url;
  parsed.searchParams.delete("api_key");
  return parsed.href;
}

/** @param {Settings["source"]} source @returns {Settings["source"]} */
const withoutKey = (source) => (source.kind === "url" ? { ...source, url: withoutQueryKey(source.url), apiKey: "" } : source);

/** @param {RunRecorder["sums"]} sums */
const countersOf = ({ transactions, failedTransactions, accountDiffs }) => ({ transactions, failedTransactions, accountDiffs });

/** @param {ManagedBacktestSession | ParallelSubSession} session @param {Settings} settings */
function rangeOf(session, settings) {
  return "range" in session ? session.range : { startSlot: settings.startSlot, endSlot: endSlotOf(settings) };
}

/** The last slot, inclusive. @param {Pick<Settings, "startSlot" | "slotCount">} settings */
const endSlotOf = ({ startSlot, slotCount }) => startSlot + slotCount - 1n;

/** Returns the lowest slot at which a transaction stream continues after a resume. @param {import("../../../dist/browser.js").SessionCheckpoint} checkpoint */
function leastCursor({ startSlot, subscriptions }) {
  const cursors = subscriptions
    .filter(({ kind, complete }) => kind === "transaction" && !complete)
    .flatMap(({ cursors: each }) => each.map((cursor) => BigInt(cursor?.slot ?? startSlot)));
  return cursors.sort((a, b) => (a < b ? -1 : 1))[0] ?? MOST_U64;
}

/** @param {SubRangeRun} subRange @param {number} index @returns {import("../contract.js").SubRange} */
function describeSubRange({ session, startSlot, endSlot, slot, notifications, end }, index) {
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
function describeServerError({ kind, ...more }) {
  const details = Object.values(more).filter((value) => typeof value === "string");
  return [kind, ...details].join(": ");
}

/**
 * Returns the first and the last characters of a base64 transaction. In version 1, the last characters contain the signature. In
 * all other versions, the first characters contain the signature.
 *
 * @param {import("../../../dist/browser.js").ConfirmedTransaction} transaction
 */
function transactionKey({ transaction }) {
  const text = Array.isArray(transaction) ? transaction[0] : transaction;
  return text.slice(0, KEY_CHARACTERS) + text.slice(-KEY_CHARACTERS);
}

/** @typedef {import("../../../dist/browser.js").SessionSummary} SessionSummary */

/** Adds the summaries of two sub-ranges. @param {SessionSummary} a @param {SessionSummary} b @returns {SessionSummary} */
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
