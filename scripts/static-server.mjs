// @ts-check
// Serves the dashboard, minified and compressed: its files, the built files that it loads, and uPlot. It serves no other file of the
// repository.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, posix } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { transform } from "esbuild";
import { ROOT } from "./run.mjs";

const compress = promisify(gzip);

/** The served folders of the repository. */
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
/** A strict policy: only files of the site, no inline script or style, no eval. Sockets may connect to any host. */
const POLICY = "default-src 'self'; connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * @param {{ port?: number }} [options] port: default 0, a free port
 * @returns {Promise<{ url: string, close(): Promise<void> }>} url: of the dashboard, ends with a slash
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
            // A reload must show a changed file.
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
 * Minifies a file of the dashboard. Each file stays a module. The other files are minified already.
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

/** @param {string} target @returns {string} a normalized path inside the served folders, or empty */
function pathOf(target) {
  try {
    return posix.normalize(decodeURIComponent(new URL(target, "http://static").pathname));
  } catch {
    return "";
  }
}
