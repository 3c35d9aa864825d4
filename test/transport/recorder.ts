import type { Closure, SocketListener } from "../../src/transport/socket.js";

type Call =
  | { type: "open" }
  | { type: "text"; text: string }
  | { type: "binary"; bytes: Uint8Array }
  | { type: "pong" }
  | { type: "close"; closure: Closure };

/** Records the calls of a socket listener in order, so that a test can await them. */
export class Recorder implements SocketListener {
  readonly calls: Call[] = [];
  readonly #waiting: { type: Call["type"]; resolve(call: Call): void }[] = [];
  #taken = 0;

  handleOpen(): void {
    this.#record({ type: "open" });
  }

  handleText(text: string): void {
    this.#record({ type: "text", text });
  }

  handleBinary(bytes: Uint8Array): void {
    this.#record({ type: "binary", bytes });
  }

  handlePong(): void {
    this.#record({ type: "pong" });
  }

  handleClose(closure: Closure): void {
    this.#record({ type: "close", closure });
  }

  get types(): Call["type"][] {
    return this.calls.map(({ type }) => type);
  }

  /** Resolves with the next call. Rejects if it is not of this type. */
  async next<T extends Call["type"]>(type: T): Promise<Call & { type: T }> {
    const call = this.calls[this.#taken] ?? (await new Promise<Call>((resolve) => this.#waiting.push({ type, resolve })));
    this.#taken++;
    if (call.type !== type) throw new Error(`expected ${type}, received ${JSON.stringify(call)}`);
    return call as Call & { type: T };
  }

  #record(call: Call): void {
    this.calls.push(call);
    this.#waiting.shift()?.resolve(call);
  }
}
