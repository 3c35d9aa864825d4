import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalSimulator, startLocalSimulator } from "../../../src/local/index.js";
import { runCli } from "../support/captured-io.js";

let simulator: LocalSimulator;
beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "synthetic", startSlot: 100, slots: 5 });
});
afterAll(() => simulator.close());

describe("doctor", () => {
  it("`doctor --url --json` prints each check of the machine and of the service", async () => {
    const { code, stdout } = await runCli(["doctor", "--url", simulator.url, "--json"]);
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { name: string; status: string }[] };
    expect(ok).toBe(code === 0);
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(["node", "local backtest", "service", "ranges"]));
  });

  it("if an HTTP header cannot contain the API key, `doctor` reports a failed check, and does not check the service", async () => {
    const env = { SIMULATOR_API_KEY: "secret-71…" };
    const { code, stdout, stderr } = await runCli(["doctor", "--url", simulator.url, "--json"], { env });
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; detail: string }[] };
    expect(code).toBe(1);
    expect(checks).toContainEqual(expect.objectContaining({ name: "key", status: "failed" }));
    expect(checks.at(-1)).toMatchObject({ name: "service", status: "skipped" });
    expect(stdout + stderr).not.toContain("secret-71");
  });
});
