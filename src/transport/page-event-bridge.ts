import { onPageEvent } from "./page-events.js";
import type { PageEvent, PageLife } from "./platform.js";

/**
 * In the page: tells a worker what the page goes through, which a worker isn't told by itself: freezing, the back/forward
 * cache, coming to the front, offline and online.
 *
 * @param port one end of a `MessageChannel`, or the worker if nothing else is said to it
 * @returns ends it
 * @example
 * const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
 * const { port1, port2 } = new MessageChannel();
 * sharePageLife(port1);
 * worker.postMessage({ page: port2 }, [port2]);
 */
export function sharePageLife(port: Pick<MessagePort, "postMessage">): () => void {
  return onPageEvent((event) => port.postMessage(event));
}

/**
 * In the worker: what `sharePageLife` tells, for a client's option `page`. A session then does what it does in a page: it
 * leaves its sockets when the page is frozen, comes back with it, tries at once when the network is back, and asks the server
 * to keep it for the longest time there is.
 *
 * @param port the other end of the channel
 * @example
 * addEventListener("message", ({ data: { page } }) => {
 *   const client = new BacktestClient({ url, page: receivePageLife(page) });
 * }, { once: true });
 */
export function receivePageLife(port: MessagePort): PageLife {
  const callbacks = new Set<(event: PageEvent) => void>();
  port.onmessage = ({ data }: MessageEvent<PageEvent>) => {
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
