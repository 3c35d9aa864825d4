import type { Closure, SocketListener } from "../../src/transport/socket.js";

type Told =
  | { type: "open" }
  | { type: "text"; text: string }
  | { type: "binary"; bytes: Uint8Array }
  | { type: "pong" }
  | { type: "close"; closure: Closure };

/** Writes down what a socket tells, in order, and lets a test await it. */
export class Recorder implements SocketListener {
  readonly told: Told[] = [];
  readonly #waiting: { type: Told["type"]; resolve(told: Told): void }[] = [];
  #taken = 0;

  handleOpen(): void {
    this.#tell({ type: "open" });
  }

  handleText(text: string): void {
    this.#tell({ type: "text", text });
  }

  handleBinary(bytes: Uint8Array): void {
    this.#tell({ type: "binary", bytes });
  }

  handlePong(): void {
    this.#tell({ type: "pong" });
  }

  handleClose(closure: Closure): void {
    this.#tell({ type: "close", closure });
  }

  get types(): Told["type"][] {
    return this.told.map(({ type }) => type);
  }

  /** The next thing that is told, which must be of this type. */
  async next<T extends Told["type"]>(type: T): Promise<Told & { type: T }> {
    const told = this.told[this.#taken] ?? (await new Promise<Told>((resolve) => this.#waiting.push({ type, resolve })));
    this.#taken++;
    if (told.type !== type) throw new Error(`expected ${type}, was told ${JSON.stringify(told)}`);
    return told as Told & { type: T };
  }

  #tell(told: Told): void {
    this.told.push(told);
    this.#waiting.shift()?.resolve(told);
  }
}
