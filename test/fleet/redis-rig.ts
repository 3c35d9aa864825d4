import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Redis server on a free port of this machine, with an append-only file that is synced at each write. */
export class RedisRig {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(): Promise<RedisRig> {
    const rig = new RedisRig(await freePort(), await mkdtemp(join(tmpdir(), "simulator-client-redis-")));
    await rig.restart();
    return rig;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts the server, and resolves when it answers. */
  async restart(): Promise<void> {
    const args = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--dir", this.#folder];
    const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
    this.#process = spawn(process.env.REDIS_SERVER ?? "redis-server", [...args, ...durable], { stdio: "ignore" });
    const failed = once(this.#process, "error").then(([error]) => {
      throw new Error(`redis-server cannot be started: ${(error as Error).message}. Install it, or set REDIS_SERVER`);
    });
    await Promise.race([failed, this.#answers()]);
    failed.catch(() => {});
  }

  /** Ends the server: SIGTERM shuts it down, SIGKILL kills it. */
  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const process = this.#process;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const exited = once(process, "exit");
    process.kill(signal);
    await exited;
  }

  async close(): Promise<void> {
    await this.stop("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }

  /** Sends one command, and returns the first line of the answer, or the text of a bulk answer. */
  command(...words: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(this.port, "127.0.0.1");
      let text = "";
      socket.setEncoding("utf8");
      socket.on("error", reject);
      socket.on("data", (part: string) => {
        text += part;
        const [head = "", ...rest] = text.split("\r\n");
        if (rest.length === 0) return;
        const body = rest.join("\r\n");
        if (head.startsWith("$") && body.length < Number(head.slice(1)) + 2) return;
        socket.end();
        resolve(head.startsWith("$") ? body.slice(0, Number(head.slice(1))) : head.slice(1));
      });
      socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`);
    });
  }

  async #answers(): Promise<void> {
    for (;;) {
      const answer = await this.command("PING").catch(() => undefined);
      if (answer === "PONG") return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
