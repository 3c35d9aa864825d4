import { onPageEvent } from "./page-events.js";
import type { PageEvent, PageLife } from "./platform.js";

/**
 * The members of a `MessagePort` that this module uses. A structural type, so that users do not need the types of the DOM library.
 */
export interface PageEventPort {
  /** Sends a message to the other end of the channel. */
  postMessage(message: unknown): void;
  /** Receives the messages from the other end of the channel. */
  // biome-ignore lint/suspicious/noExplicitAny: each platform has its own type of MessageEvent, and `any` accepts all of them
  onmessage: ((event: any) => void) | null;
}

/**
 * Forwards page events to a worker: freezing, the back/forward cache, visibility, offline and online. A worker does not receive
 * these events by itself. Call this function in the page.
 *
 * @param port one end of a `MessageChannel`, or the worker itself if it expects no other messages
 * @returns a function that stops forwarding
 * @example
 * const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
 * const { port1, port2 } = new MessageChannel();
 * forwardPageEvents(port1);
 * worker.postMessage({ page: port2 }, [port2]);
 */
export function forwardPageEvents(port: Pick<PageEventPort, "postMessage">): () => void {
  return onPageEvent((event) => port.postMessage(event));
}

/**
 * Receives what `forwardPageEvents` sends, for the client's option `pageEvents`. Call it in the worker. A session then behaves as
 * in a page: it closes its sockets when the page is frozen, and reconnects when the page is resumed or the network is back. The
 * session also requests the longest disconnect timeout from the server.
 *
 * @param port the other end of the channel
 * @example
 * addEventListener("message", ({ data: { page } }) => {
 *   const client = new BacktestClient({ url, pageEvents: receivePageEvents(page) });
 * }, { once: true });
 */
export function receivePageEvents(port: PageEventPort): PageLife {
  const callbacks = new Set<(event: PageEvent) => void>();
  port.onmessage = ({ data }: { data: PageEvent }) => {
    for (const callback of [...callbacks]) callback(data);
  };
  return {
    hasPage: true,
    onPageEvent: (callback) => {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
  };
}
