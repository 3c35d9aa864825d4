import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultServePort } from "../../src/cli/local-serve.js";
import { type LocalSimulator, startLocalSimulator } from "../../src/local/index.js";
import { runCli } from "./support/captured-io.js";

let simulator: LocalSimulator;
let env: Record<string, string>;

beforeAll(async () => {
  simulator = await startLocalSimulator({ startSlot: 1_000, slots: 25 });
  env = { SIMULATOR_PORT: new URL(simulator.httpUrl).port };
});
afterAll(() => simulator.close());

/** The commands that need a service, each with valid arguments. */
const COMMANDS: [name: string, args: string[]][] = [
  ["run", ["run"]],
  ["ab", ["ab", "--program", "11111111111111111111111111111111", "--extra-compute-units", "5"]],
  ["ranges", ["ranges"]],
  ["usage", ["usage"]],
  ["bundle list", ["bundle", "list"]],
  ["bundle status", ["bundle", "status", "id"]],
  ["bundle build", ["bundle", "build", "--start-slot", "1000", "--slots", "5"]],
  ["bundle delete", ["bundle", "delete", "--start-slot", "1000", "--end-slot", "1004", "--yes"]],
  ["depth coverage", ["depth", "coverage"]],
  ["depth status", ["depth", "status", "id"]],
  ["depth measure", ["depth", "measure", "--start-slot", "1000", "--slots", "5", "--source", "router"]],
  ["datasets credentials", ["datasets", "credentials"]],
  ["proxy", ["proxy", "--origin", "http://localhost:1", "--port", "0"]],
  ["mcp", ["mcp"]],
];

describe("a command without --url", () => {
  it.each(COMMANDS)(
    "the command %s without --url fails if no simulator listens on the port of `serve`, and the error names this port",
    async (_, args) => {
      const { code, stderr } = await runCli(args);
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/--url is missing.*127\.0\.0\.1:1; .*SIMULATOR_URL.*`simulator-client serve`/),
      ]);
    },
  );

  it.each(["abc", "65536", "-1", "41 00"])(
    "every command without --url refuses the value %j of SIMULATOR_PORT, and the error names the variable",
    async (port) => {
      for (const [name, args] of COMMANDS) {
        const { code, stderr } = await runCli(args, { env: { SIMULATOR_PORT: port } });
        expect([name, code, stderr]).toEqual([name, 2, expect.stringMatching(/^error: SIMULATOR_PORT: Expected a whole number/)]);
      }
    },
  );

  it("`ranges` without --url lists the range of a local `serve`, and prints a note with the address", async () => {
    const { code, stdout, stderr } = await runCli(["ranges", "--json"], { env });
    expect([code, stderr]).toEqual([0, `note: --url is not set: using the simulator at 127.0.0.1:${env.SIMULATOR_PORT}\n`]);
    expect(JSON.parse(stdout)).toMatchObject([{ bundleStartSlot: 1_000, maxBundleEndSlot: 1_024 }]);
  });

  it("`usage`, `depth coverage` and `bundle list` without --url use a local `serve`", async () => {
    for (const args of [["usage"], ["depth", "coverage"], ["bundle", "list"]]) {
      const { code, stderr } = await runCli(args, { env });
      expect(code, stderr).toBe(0);
    }
  });
});

describe("defaultServePort", () => {
  it("defaultServePort returns the value of SIMULATOR_PORT, or 4100 if the variable is not set", () => {
    expect([
      defaultServePort({}),
      defaultServePort({ SIMULATOR_PORT: "" }),
      defaultServePort({ SIMULATOR_PORT: "5000" }),
    ]).toEqual([4100, 4100, 5000]);
  });
});
