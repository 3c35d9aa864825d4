// @ts-check
// The static file server of the demos and the tests.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, posix } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { transform } from "esbuild";
import { ROOT } from "./run.mjs";

const compress = promisify(gzip);

/** @type {Record<string, string>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".map": "application/json",
  ".svg": "image/svg+xml",
};

/**
 * @typedef {object} FileServerOptions
 * @property {(path: string) => string | undefined} locate the absolute path of the file for a URL path; `undefined`: 404
 * @property {number} [port] default: a free port
 * @property {Record<string, string>} [headers] sent with every file
 * @property {(path: string, body: Buffer) => Promise<Buffer>} [transformFile] changes a file before it is sent
 * @property {string} [home] `/` redirects there
 */

/**
 * Serves files on a loopback port.
 *
 * @param {FileServerOptions} options
 * @returns {Promise<{ url: string, close(): Promise<void> }>} url: the origin, without a slash at its end
 */
export async function serveFiles({ locate, port = 0, headers = {}, transformFile = async (_, body) => body, home }) {
  const server = createServer((request, response) => {
    const path = pathOf(request.url ?? "/");
    if (path === "/" && home !== undefined) {
      response.writeHead(302, { location: home }).end();
      return;
    }
    const name = path.endsWith("/") ? `${path}index.html` : path;
    const isCompressed = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
    const handleMissing = () => response.writeHead(404).end("no such file");
    const file = locate(name);
    if (file === undefined) {
      handleMissing();
      return;
    }
    readFile(file)
      .then((body) => transformFile(name, body))
      .then((body) => (isCompressed ? compress(body, { level: 9 }) : body))
      .then((body) => {
        response
          .writeHead(200, {
            "content-type": TYPES[extname(name)] ?? "application/octet-stream",
            // Disables caching, so that a reload shows a changed file.
            "cache-control": "no-cache",
            vary: "accept-encoding",
            ...(isCompressed && { "content-encoding": "gzip" }),
            ...headers,
          })
          .end(request.method === "HEAD" ? undefined : body);
      }, handleMissing);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(undefined));
  });
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Serves the files of a folder on a free port. @param {string} folder */
export function serveFolder(folder) {
  return serveFiles({ locate: (path) => join(folder, path) });
}

/** The files of the repository that the dashboard needs. */
const DASHBOARD_FOLDERS = ["/demo/dashboard/", "/dist/", "/node_modules/uplot/dist/"];
const DASHBOARD = "/demo/dashboard/";
/** A strict content security policy: only files of the site, no inline script or style, no eval. Sockets may connect to any host. */
const DASHBOARD_POLICY = "default-src 'self'; connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Serves the dashboard like a production server: the files are minified and compressed. Other files of the checkout are not served.
 *
 * @param {{ port?: number }} [options] `port`: 0 (the default) selects a free port
 * @returns {Promise<{ url: string, close(): Promise<void> }>} `url`: the URL of the dashboard, with a slash at its end
 */
export async function servePages({ port = 0 } = {}) {
  const { url, close } = await serveFiles({
    port,
    home: DASHBOARD,
    headers: { "content-security-policy": DASHBOARD_POLICY },
    locate: (path) =>
      TYPES[extname(path)] !== undefined && DASHBOARD_FOLDERS.some((folder) => path.startsWith(folder))
        ? join(ROOT, path)
        : undefined,
    transformFile: minified,
  });
  return { url: `${url}${DASHBOARD}`, close };
}

/**
 * Minifies each module of the dashboard separately. The files of the package are already minified.
 *
 * @param {string} path
 * @param {Buffer} body
 */
async function minified(path, body) {
  const loader = { ".js": /** @type {const} */ ("js"), ".css": /** @type {const} */ ("css") }[extname(path)];
  if (loader === undefined || !path.startsWith(DASHBOARD)) return body;
  return Buffer.from((await transform(body.toString(), { loader, minify: true, target: "es2022" })).code);
}

/** @param {string} target @returns {string} normalized, so that it cannot leave the folder; "/" for a malformed URL */
function pathOf(target) {
  try {
    return posix.normalize(decodeURIComponent(new URL(target, "http://static").pathname));
  } catch {
    return "/";
  }
}
