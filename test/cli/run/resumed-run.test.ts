import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Interrupted } from "../../../src/cli/interrupts.js";
import { runProgram } from "../../../src/cli/program.js";
import { type LocalSimulator, startLocalSimulator } from "../../../src/local/index.js";
import { capturedIo, runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();
let simulator: LocalSimulator;
beforeAll(async () => {
  simulator = await startLocalSimulator({ startSlot: 1_000, slots: 100, slotDelayMs: 5 });
});
afterAll(() => simulator.close());

describe("a resumed run", () => {
  it("a resumed run waits while its session is still attached to an earlier connection", async () => {
    const args = ["run", "--url", simulator.url, "--start-slot", "1000", "--slots", "100", "--out", folder.path("run.ndjson")];
    args.push("--checkpoint", folder.path("run.checkpoint"));
    const interrupt = new AbortController();
    const io = capturedIo({}, interrupt.signal);
    const first = runProgram(args, io);
    await io.err.until("running");
    interrupt.abort(new Interrupted("SIGINT"));
    expect(await first).toBe(130);
    simulator.faults.apply({ type: "busyOwner", times: 1 });
    const { code, stdout, stderr } = await runCli(args);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("completed in");
    expect(stderr.split("\n")).toEqual([
      "note: without --program, only slots are recorded",
      "waiting until the server releases the session from its earlier connection",
      expect.stringMatching(/^resuming backtest_/),
      "",
    ]);
  });
});
