import { EventEmitter } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { interruptedCode } from "../../../src/cli/interrupts.js";
import { processIo } from "../../../src/cli/terminal/io.js";

/** Creates a fake process. Its outputs record what is written to them. */
function rig() {
  const output = () =>
    Object.assign(new EventEmitter(), {
      written: [] as string[],
      write(text: string) {
        this.written.push(text);
      },
    });
  const process = Object.assign(new EventEmitter(), {
    env: {},
    cwd: () => "/",
    exit: vi.fn(),
    exitCode: undefined as number | undefined,
    stdout: output(),
    stderr: output(),
  });
  const { interrupt } = processIo(process as unknown as NodeJS.Process);
  return { process, interrupt };
}

const failure = (code: string, message: string) => Object.assign(new Error(message), { code });

describe("processIo", () => {
  it("a command exits with 141 and prints no error if the program that reads its output closes the pipe", () => {
    const { process, interrupt } = rig();
    process.stdout.emit("error", failure("EPIPE", "write EPIPE"));
    expect(interruptedCode(interrupt)).toBe(141);
    expect(process.exitCode).toBeUndefined();
    expect(process.stderr.written).toEqual([]);
  });

  it("a command prints an error and exits with 1 if its standard output cannot be written", () => {
    const { process, interrupt } = rig();
    process.exitCode = 0;
    process.stdout.emit("error", failure("ENOSPC", "ENOSPC: no space left on device, write"));
    expect(interruptedCode(interrupt)).toBe(1);
    expect(process.exitCode).toBe(1);
    expect(process.stderr.written).toEqual([
      "error: the standard output cannot be written: ENOSPC: no space left on device, write\n",
    ]);
  });
});
