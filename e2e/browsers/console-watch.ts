import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A script that runs before all other scripts in the page. The script reports a problem by a synchronous request, so that a reload
 * of the page cannot cancel the report.
 */
const WATCH = `
const report = (text) => {
  const request = new XMLHttpRequest();
  request.open("POST", "/problem", false);
  request.send(text);
};
addEventListener("error", ({ message, filename, lineno }) => report(message + " (" + filename + ":" + lineno + ")"));
addEventListener("unhandledrejection", ({ reason }) => report("rejected: " + reason));
const { error } = console;
console.error = (...values) => {
  report(values.join(" "));
  error(...values);
};
`;

/** A proxy that serves a site, and collects the console errors of the pages. */
export interface WatchedSite {
  readonly url: string;
  readonly problems: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts a proxy that adds the script `WATCH` to each page. Used for browsers whose driver does not report console messages. The
 * script cannot report messages of the browser itself, for example about a blocked script or a failed socket.
 */
export async function watchConsole(url: string): Promise<WatchedSite> {
  const { origin, pathname, search } = new URL(url);
  const problems: string[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/problem") {
      readBody(request).then((text) => {
        problems.push(text);
        response.end();
      }, request.destroy.bind(request));
      return;
    }
    if (request.url === "/console-watch.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(WATCH);
      return;
    }
    fetch(`${origin}${request.url}`).then(
      async (answer) => {
        const type = answer.headers.get("content-type") ?? "";
        const body = Buffer.from(await answer.arrayBuffer());
        const policy = answer.headers.get("content-security-policy");
        response.writeHead(answer.status, {
          "content-type": type,
          ...(policy !== null && { "content-security-policy": policy }),
        });
        response.end(
          type.startsWith("text/html") ? String(body).replace("<head>", '<head><script src="/console-watch.js"></script>') : body,
        );
      },
      () => response.writeHead(502).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}${search}`,
    problems,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
