import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Runs in the page before all else. What it finds it tells at once and waits for the answer, so that it is known before the page
 * does anything more, be it a reload.
 */
const WATCH = `
const tell = (text) => {
  const request = new XMLHttpRequest();
  request.open("POST", "/problem", false);
  request.send(text);
};
addEventListener("error", ({ message, filename, lineno }) => tell(message + " (" + filename + ":" + lineno + ")"));
addEventListener("unhandledrejection", ({ reason }) => tell("rejected: " + reason));
const { error } = console;
console.error = (...values) => {
  tell(values.join(" "));
  error(...values);
};
`;

/** A site that is passed on, with what its pages' consoles said. */
export interface WatchedSite {
  readonly url: string;
  readonly problems: readonly string[];
  close(): Promise<void>;
}

/**
 * For a browser whose protocol tells nothing of the console: a server before the page's own, which puts a script into each page.
 * What the browser itself writes there (a blocked script, a failed socket) it doesn't see.
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
