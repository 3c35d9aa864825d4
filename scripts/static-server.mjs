// @ts-check
// Serves the dashboard as any web server would: its own files, the built ones that it loads, uPlot's. Nothing else of the checkout.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, posix } from "node:path";
import { ROOT } from "./run.mjs";

/** Folders of the repository that a page may have files of. */
const SERVED = ["/demo/dashboard/", "/dist/", "/node_modules/uplot/dist/"];
const HOME = "/demo/dashboard/";
/** @type {Record<string, string>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".map": "application/json",
  ".svg": "image/svg+xml",
};
/** What a careful site sends: nothing but its own files, no inline script or style, no eval; and sockets to anywhere. */
const POLICY = "default-src 'self'; connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * @param {{ port?: number }} [options] port: 0, the default, takes a free one
 * @returns {Promise<{ url: string, close(): Promise<void> }>} url: the dashboard's, with a slash at its end
 */
export async function servePages({ port = 0 } = {}) {
  const server = createServer((request, response) => {
    const path = pathOf(request.url ?? "/");
    if (path === "/") {
      response.writeHead(302, { location: HOME }).end();
      return;
    }
    const name = path === HOME ? `${HOME}index.html` : path;
    const type = TYPES[extname(name)];
    if (type === undefined || !SERVED.some((folder) => name.startsWith(folder))) {
      response.writeHead(404).end("no such file");
      return;
    }
    readFile(join(ROOT, name)).then(
      (body) => {
        // Whoever changes a file and reloads must see it.
        const headers = { "content-type": type, "content-security-policy": POLICY, "cache-control": "no-cache" };
        response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : body);
      },
      () => response.writeHead(404).end("no such file"),
    );
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(undefined));
  });
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}${HOME}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** @param {string} target @returns {string} normalised, so that it leads out of no folder; empty for what is no path */
function pathOf(target) {
  try {
    return posix.normalize(decodeURIComponent(new URL(target, "http://static").pathname));
  } catch {
    return "";
  }
}
