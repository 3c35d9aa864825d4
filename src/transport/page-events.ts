import type { PageEvent } from "./platform.js";

/** Whether this code runs in a page, and not in a worker or Node.js. */
export function hasPage(): boolean {
  return typeof window !== "undefined" && typeof document !== "undefined";
}

/**
 * Calls back for each event of this page, until the returned function is called. See https://wicg.github.io/page-lifecycle/ and
 * https://html.spec.whatwg.org/#the-pageshow-event
 */
export function onPageEvent(callback: (event: PageEvent) => void): () => void {
  if (!hasPage()) return () => {};
  const controller = new AbortController();
  const listen = (target: EventTarget, type: string, toPageEvent: (event: Event) => PageEvent | undefined): void => {
    const handlePageEvent = (event: Event): void => {
      const page = toPageEvent(event);
      if (page !== undefined) callback(page);
    };
    target.addEventListener(type, handlePageEvent, { signal: controller.signal });
  };
  const persisted = (event: Event): boolean => (event as PageTransitionEvent).persisted;
  listen(document, "freeze", () => "frozen");
  listen(document, "resume", () => "thawed");
  listen(window, "pagehide", (event) => (persisted(event) ? "frozen" : undefined));
  listen(window, "pageshow", (event) => (persisted(event) ? "thawed" : undefined));
  listen(document, "visibilitychange", () => (document.visibilityState === "visible" ? "visible" : undefined));
  listen(window, "online", () => "online");
  listen(window, "offline", () => "offline");
  return () => controller.abort();
}
