// @ts-check
// The wire between the page and its worker. A view sends commands and listens to nothing but what it is painted with, save for
// the few messages that aren't state.

/** @typedef {import("./contract.d.ts").Command} Command */
/** @typedef {import("./contract.d.ts").Message} Message */
/** @typedef {Message["type"]} MessageType */
/**
 * @template {MessageType} T
 * @typedef {(message: Extract<Message, { type: T }>) => void} Listener
 */
/**
 * @typedef {object} WorkerLink
 * @property {(command: Command, transfer?: Transferable[]) => void} send
 * @property {<T extends MessageType>(type: T, listener: Listener<T>) => void} on for the page's whole life
 */

/**
 * @param {Pick<Worker, "postMessage" | "addEventListener">} worker
 * @returns {WorkerLink}
 */
export function createWorkerLink(worker) {
  /** @type {Map<MessageType, ((message: Message) => void)[]>} */
  const listeners = new Map();
  worker.addEventListener("message", (event) => {
    const message = /** @type {MessageEvent<Message>} */ (event).data;
    for (const listener of listeners.get(message.type) ?? []) listener(message);
  });
  return {
    send: (command, transfer = []) => worker.postMessage(command, { transfer }),
    on(type, listener) {
      const own = listeners.get(type) ?? [];
      own.push(/** @type {(message: Message) => void} */ (listener));
      listeners.set(type, own);
    },
  };
}
