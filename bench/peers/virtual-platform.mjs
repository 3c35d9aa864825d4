// @ts-check
// A virtual clock, and a platform for clients that uses this clock and a server that can be stopped.

/** A clock and timers that use virtual time, and never wait for real time. */
export class VirtualTime {
  now = 0;
  /** @type {{ at: number, order: number, run: () => void }[]} */
  #timers = [];
  #order = 0;

  /** @param {() => void} run @param {number} ms */
  add(run, ms) {
    const timer = { at: this.now + Math.max(0, ms), order: this.#order++, run };
    this.#timers.push(timer);
    return timer;
  }

  /** @param {unknown} timer */
  cancel(timer) {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }

  /** Runs the timers until a virtual time, or until a condition is true. @param {number} until @param {() => boolean} [isOver] */
  async run(until, isOver = () => false) {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isOver()) return;
      this.#timers.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#timers[0];
      if (next === undefined || next.at > until) break;
      this.#timers.shift();
      this.now = next.at;
      next.run();
    }
    this.now = until;
  }
}

const SESSION = "backtest_01980f5a7c2b7e3d8a4b5c6d7e8f9012";
const INFO = { session_id: SESSION, rpc_endpoint: `/backtest/${SESSION}` };

/** A server for the control protocol that is connected to its clients without a network. */
export class VirtualServer {
  isUp = true;
  /** If `true`, the server sends nothing, but its connections stay open. */
  isSilent = false;
  /** The time at which the server last sent something. */
  lastSentAt = 0;
  /** The times of all connection attempts, including failed ones. @type {number[]} */
  connects = [];
  /** @type {Set<VirtualSocket>} */
  #sockets = new Set();
  #time;

  /** @param {VirtualTime} time */
  constructor(time) {
    this.#time = time;
  }

  /** Returns the platform for a client. @param {() => number} random */
  platform(random) {
    const time = this.#time;
    const connect = (/** @type {VirtualSocket} */ socket) => this.#connect(socket);
    return {
      now: () => 1_767_225_600_000 + time.now,
      setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => time.add(run, ms),
      clearTimeout: (/** @type {unknown} */ timer) => time.cancel(timer),
      random,
      hasPage: false,
      onPageEvent: () => () => {},
      WebSocket: class extends VirtualSocket {
        constructor() {
          super();
          connect(this);
        }
      },
    };
  }

  /** Drops all connections, and refuses connection attempts until `isUp` is set. */
  stop() {
    this.isUp = false;
    for (const socket of this.#sockets) socket.end();
    this.#sockets.clear();
  }

  /** @param {VirtualSocket} socket */
  #connect(socket) {
    this.connects.push(this.#time.now);
    if (!this.isUp) {
      this.#time.add(() => socket.end(), 0);
      return;
    }
    this.#sockets.add(socket);
    const send = (/** @type {string} */ type, /** @type {any[]} */ ...args) => {
      if (this.isSilent) return;
      this.lastSentAt = this.#time.now;
      this.#time.add(() => socket.emit(type, ...args), 0);
    };
    socket.handleText = (text) => {
      for (const answer of answersTo(text)) send("message", Buffer.from(answer), false);
    };
    socket.handlePing = () => send("pong");
    this.#time.add(() => socket.open(), 0);
  }
}

/** @param {string} text @returns {string[]} */
function answersTo(text) {
  const { method } = JSON.parse(text);
  switch (method) {
    case "createBacktestSession":
      return [JSON.stringify({ seqId: 1, method: "sessionCreated", params: INFO }), '{"seqId":2,"method":"readyForContinue"}'];
    case "attachBacktestSession":
      return [JSON.stringify({ method: "sessionAttached", params: INFO })];
    case "resumeAttachedSession":
      return ['{"method":"success"}', '{"seqId":3,"method":"slotNotification","params":100}'];
    default:
      return ['{"method":"success"}'];
  }
}

/** A socket with the interface of `ws`. */
class VirtualSocket {
  readyState = 0;
  binaryType = "arraybuffer";
  bufferedAmount = 0;
  /** @type {Map<string, ((...args: any[]) => void)[]>} */
  #listeners = new Map();
  /** @type {(text: string) => void} */
  handleText = () => {};
  handlePing = () => {};

  /** @param {string} type @param {(...args: any[]) => void} listener */
  on(type, listener) {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
    return this;
  }
  addEventListener() {}
  /** @param {string} type @param {any[]} args */
  emit(type, ...args) {
    if (this.readyState === 3 && type !== "close") return;
    for (const listener of this.#listeners.get(type) ?? []) listener(...args);
  }
  open() {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.emit("open");
  }
  /** @param {string} text */
  send(text) {
    this.handleText(text);
  }
  ping() {
    this.handlePing();
  }
  pause() {}
  resume() {}
  close() {
    this.end();
  }
  terminate() {
    this.readyState = 3;
  }
  end() {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.emit("close", 1006, Buffer.alloc(0));
  }
}
