// @ts-check
// `npm run demo:web`: builds the package and serves the dashboard on this machine. Any static server on the repository's
// folder works too. `--port N`: default 8080; 0 selects a free port.
import { ensureBuilt } from "./build.mjs";
import { servePages } from "./static-server.mjs";

const at = process.argv.indexOf("--port");
const port = Number(at < 0 ? 8080 : process.argv[at + 1]);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error("demo:web: --port needs a number from 0 to 65535");
  process.exit(2);
}
if (await ensureBuilt()) {
  try {
    const { url } = await servePages({ port });
    console.log(`The dashboard: ${url}\nPress Ctrl-C to stop.`);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    console.error(code === "EADDRINUSE" ? `demo:web: port ${port} is in use: choose another one with -- --port N` : message);
    process.exitCode = 1;
  }
} else {
  process.exitCode = 1;
}
