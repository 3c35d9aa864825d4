// @ts-check

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
 * @property {<T extends MessageType>(type: T, listener: Listener<T>) => void} on adds a listener for the lifetime of the page
 */

/**
 * Sends commands to the worker, and dispatches its messages by type.
 *
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
      const ofType = listeners.get(type) ?? [];
      ofType.push(/** @type {(message: Message) => void} */ (listener));
      listeners.set(type, ofType);
    },
  };
}
