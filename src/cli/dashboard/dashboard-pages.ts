import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import sirv from "sirv";
import { answerText } from "../loopback.js";

/** The page loads only its own files, runs no inline script, and cannot be framed. It is allowed to connect to any simulator. */
const POLICY = "default-src 'self'; connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The files in dist that the page is allowed to load: its own files, and the browser files of the package. */
const SERVED = /^\/(?:dashboard\/|browser(?:-\w+)?\.js$)/;

/** The folder with the built files. This module is bundled into a file in the same folder. */
const DIST = new URL(".", import.meta.url);

/** Answers a request for the dashboard. Returns `false`, and does nothing, for any other request. */
export type DashboardHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Serves the dashboard under `/dashboard/`, and redirects browsers from `/` to it. The caller must check the `Host` of requests.
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
    // Only browsers request HTML. Other clients that use the simulator's port must not be redirected.
    if (path === "/" && request.headers.accept?.includes("text/html")) {
      answerText(response, 302, "", { location: `/dashboard/?${query()}` });
      return true;
    }
    if (!SERVED.test(path)) return false;
    // The header `Range` is ignored, because sirv throws for a range that ends before it starts.
    delete request.headers.range;
    response.once("pipe", (file: Readable) => closeTogether(file, response));
    serve(request, response, () => answerText(response, 404, "no such file"));
    return true;
  };
}

/** Stops reading the file when the response closes, and destroys the response if reading fails. sirv does not do this. */
function closeTogether(file: Readable, response: ServerResponse): void {
  file.once("error", () => response.destroy());
  response.once("close", () => file.destroy());
}

/** The error message if `dashboardPages` returned `undefined`. */
export const NOT_BUILT = 'the dashboard is not built: run "npm run build", or install the published package';

/** Returns the URL of the dashboard page on a server. */
export function pageAddress(httpUrl: string, query: URLSearchParams): string {
  return `${httpUrl}/dashboard/${query.size === 0 ? "" : `?${query}`}`;
}
