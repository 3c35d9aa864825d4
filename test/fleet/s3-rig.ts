import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { startFauxqs } from "fauxqs";

/**
 * The S3-compatible server of the package fauxqs, behind a proxy. The proxy implements conditional writes (`If-None-Match: *`),
 * which the server ignores. As on AWS S3, a conditional write to an existing key gets the status 412.
 */
export class S3Rig {
  readonly bucket = "records";
  readonly #server: Awaited<ReturnType<typeof startFauxqs>>;
  readonly #front: Server;
  /** The keys with a conditional write in progress. */
  readonly #busy = new Map<string, Promise<void>>();
  /** The requests that arrived at the proxy: method and query. */
  readonly requests: string[] = [];

  private constructor(server: Awaited<ReturnType<typeof startFauxqs>>) {
    this.#server = server;
    this.#front = createServer((incoming, response) => void this.#answer(incoming, response));
  }

  static async start(): Promise<S3Rig> {
    const server = await startFauxqs({ port: 0, logger: false });
    server.createBucket("records");
    const rig = new S3Rig(server);
    await new Promise<void>((resolve) => rig.#front.listen(0, "127.0.0.1", resolve));
    return rig;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#front.address() as AddressInfo).port}`;
  }

  /** The URL of the S3 server behind the proxy. The server ignores `If-None-Match`. */
  get urlWithoutConditions(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  async close(): Promise<void> {
    this.#front.closeAllConnections();
    await new Promise((resolve) => this.#front.close(resolve));
    await this.#server.stop();
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = incoming;
    this.requests.push(`${method} ${url.split("?")[1] ?? ""}`);
    const isConditional = method === "PUT" && headers["if-none-match"] === "*";
    const before = this.#busy.get(url);
    const work = (async () => {
      await before;
      if (isConditional && (await this.#exists(url))) {
        incoming.resume();
        response.writeHead(412, { "content-type": "application/xml" });
        response.end("<Error><Code>PreconditionFailed</Code><Message>At least one condition failed</Message></Error>");
        return;
      }
      await this.#forward(incoming, response);
    })();
    if (isConditional) this.#busy.set(url, work);
    await work.catch(() => response.destroy());
  }

  async #exists(path: string): Promise<boolean> {
    const [key = ""] = path.split("?");
    return (await fetch(this.urlWithoutConditions + key, { method: "HEAD" })).status === 200;
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, headers } = incoming;
    return new Promise((resolve, reject) => {
      const outgoing = request(this.urlWithoutConditions + (url ?? ""), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        answer.on("end", resolve);
      });
      outgoing.on("error", reject);
      incoming.pipe(outgoing);
    });
  }
}
