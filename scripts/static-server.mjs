// @ts-check
// Serves the dashboard as a good web server would, minified and compressed: its own files, the built ones that it loads, uPlot's.
// Nothing else of the checkout.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, posix } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { transform } from "esbuild";
import { ROOT } from "./run.mjs";

const compress = promisify(gzip);

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
    const encoded = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
    contentOf(name, encoded).then(
      (body) => {
        response
          .writeHead(200, {
            "content-type": type,
            "content-security-policy": POLICY,
            // Whoever changes a file and reloads must see it.
            "cache-control": "no-cache",
            vary: "accept-encoding",
            ...(encoded && { "content-encoding": "gzip" }),
          })
          .end(request.method === "HEAD" ? undefined : body);
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

/**
 * The dashboard's own files without what only their readers need, each still a module of its own; the others are minified already.
 *
 * @param {string} name
 * @param {boolean} isCompressed
 */
async function contentOf(name, isCompressed) {
  const body = await readFile(join(ROOT, name));
  const loader = { ".js": /** @type {const} */ ("js"), ".css": /** @type {const} */ ("css") }[extname(name)];
  const small =
    loader !== undefined && name.startsWith(HOME)
      ? Buffer.from((await transform(body.toString(), { loader, minify: true, target: "es2022" })).code)
      : body;
  return isCompressed ? compress(small, { level: 9 }) : small;
}

/** @param {string} target @returns {string} normalised, so that it leads out of no folder; empty for what is no path */
function pathOf(target) {
  try {
    return posix.normalize(decodeURIComponent(new URL(target, "http://static").pathname));
  } catch {
    return "";
  }
}
