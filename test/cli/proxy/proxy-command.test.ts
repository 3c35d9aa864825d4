import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "../../../src/cli/program.js";
import { type LocalSimulator, startLocalSimulator } from "../../../src/local/index.js";
import { capturedIo } from "../support/captured-io.js";

let simulator: LocalSimulator;
beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "synthetic", startSlot: 100, slots: 5, apiKey: "secret" });
});
afterAll(() => simulator.close());

describe("proxy", () => {
  it("`proxy` accepts requests only from pages of the origins in --origin", async () => {
    const interrupt = new AbortController();
    const io = capturedIo({ env: { SIMULATOR_API_KEY: "secret" } }, interrupt.signal);
    const origins = ["http://localhost:1", "http://localhost:2"];
    const options = ["--url", simulator.url, "--port", "0", ...origins.flatMap((origin) => ["--origin", origin])];
    const code = runProgram(["proxy", ...options, "--json"], io);
    const line = JSON.parse(await io.out.until("\n")) as { httpUrl: string; origins: string[]; addsKey: boolean };
    expect(line).toMatchObject({ origins, addsKey: true });
    const statusFor = async (origin: string) => (await fetch(`${line.httpUrl}/usage`, { headers: { origin } })).status;
    expect([await statusFor("http://localhost:2"), await statusFor("http://localhost:3")]).toEqual([200, 403]);
    interrupt.abort();
    expect(await code).toBe(0);
    expect(io.out.text).not.toContain("secret");
  });
});
