import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import sirv from "sirv";
import { answerText } from "../loopback.js";

/** The page loads only its own files, runs no inline script, and cannot be framed. It may connect to any simulator. */
const POLICY = "default-src 'self'; connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The files of dist that the page loads: its own, and the package's files for browsers. */
const SERVED = /^\/(?:dashboard\/|browser(?:-\w+)?\.js$)/;

/** The folder of the built files. The commands are one file of it. */
const DIST = new URL(".", import.meta.url);

/** Answers requests for the dashboard. Returns whether a request was one. */
export type DashboardHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Serves the dashboard under `/dashboard/`, and redirects browsers there from `/`. The caller checks the `Host` of requests.
 *
 * @param query selects what the page shows first, such as `?url=ws://127.0.0.1:4100/backtest`
 * @returns `undefined` if the dashboard is not built
 */
export function dashboardPages(query: () => URLSearchParams, folder: URL = DIST): DashboardHandler | undefined {
  if (!existsSync(new URL("dashboard/index.html", folder))) return undefined;
  const serve = sirv(fileURLToPath(folder), {
    etag: true,
    dotfiles: false,
    setHeaders: (response) => {
      response.setHeader("content-security-policy", POLICY);
      response.setHeader("referrer-policy", "no-referrer");
      response.setHeader("x-content-type-options", "nosniff");
    },
  });
  return (request, response) => {
    const [path = "/"] = (request.url ?? "/").split("?");
    const isReading = request.method === "GET" || request.method === "HEAD";
    if (!isReading) return false;
    // Only a browser asks for HTML: other clients of the simulator's port see no page.
    if (path === "/" && request.headers.accept?.includes("text/html")) {
      answerText(response, 302, "", { location: `/dashboard/?${query()}` });
      return true;
    }
    if (!SERVED.test(path)) return false;
    serve(request, response, () => answerText(response, 404, "no such file"));
    return true;
  };
}

/** Why `dashboardPages` returned nothing. */
export const NOT_BUILT = 'the dashboard is not built: run "npm run build", or install the published package';
