import { writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { describe, expect, it } from "vitest";
import { applySettings, variableOf } from "../../../src/cli/config/option-settings.js";
import { address, integer, repeated, slot } from "../../../src/cli/values.js";
import { startLocalSimulator } from "../../../src/local/index.js";
import { runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();
const A = "So11111111111111111111111111111111111111112";
const B = "11111111111111111111111111111111";

/** Returns a command after its program has parsed the given arguments. */
function parsed(...args: string[]): Command {
  const run = new Command("run")
    .addOption(new Option("--start-slot <slot>").argParser(slot))
    .addOption(new Option("--end-slot <slot>").argParser(slot))
    .addOption(new Option("--slots <count>").argParser(slot))
    .addOption(new Option("-p, --program <address>").argParser(repeated(address)))
    .addOption(new Option("--limit <count>").argParser(integer(0, 9)).default(5))
    .addOption(new Option("--format <format>").choices(["csv", "ndjson"]))
    .addOption(new Option("--modes [modes]").preset("router"))
    .addOption(new Option("--force").conflicts("wait"))
    .addOption(new Option("--wait"))
    .action(() => {});
  const list = new Command("list").addOption(new Option("--limit <count>").argParser(integer(0, 9))).action(() => {});
  const program = new Command("program").addOption(new Option("--quiet")).addCommand(run);
  program.addCommand(new Command("bundle").addCommand(list)).exitOverride();
  program.parse(["run", ...args], { from: "user" });
  return run;
}

function settings(values: object, env: Record<string, string> = {}, ...args: string[]): object {
  const command = parsed(...args);
  applySettings(command, env, { name: "config.json", values: { ...values } });
  return command.opts();
}

describe("applySettings", () => {
  it("a flag overrides an environment variable, and a variable overrides the configuration file", () => {
    const file = { startSlot: 1, limit: 1, format: "csv" };
    const env = { SIMULATOR_START_SLOT: "2", SIMULATOR_LIMIT: "2" };
    expect(settings(file, env, "--start-slot", "3")).toMatchObject({ startSlot: 3n, limit: 2, format: "csv" });
  });

  it("in a configuration file, the section of a command overrides the top-level keys", () => {
    expect(settings({ limit: 1, run: { limit: 2 } })).toMatchObject({ limit: 2 });
  });

  it("a key of a configuration file can have the spelling of its flag, such as start-slot", () => {
    expect(settings({ "start-slot": "5" })).toMatchObject({ startSlot: 5n });
  });

  it("a repeatable flag on the command line replaces the whole list of the configuration file", () => {
    expect(settings({ program: [A, B] })).toMatchObject({ program: [A, B] });
    expect(settings({ program: A })).toMatchObject({ program: [A] });
    expect(settings({}, { SIMULATOR_PROGRAM: `${A},${B}` })).toMatchObject({ program: [A, B] });
    expect(settings({ program: [A, B] }, {}, "--program", B)).toMatchObject({ program: [B] });
  });

  it("a flag overrides a conflicting setting in the configuration file", () => {
    expect(settings({ endSlot: 9, force: true }, {}, "--slots", "2", "--wait")).toEqual({ limit: 5, slots: 2n, wait: true });
    expect(() => settings({ endSlot: 9, slots: 2 })).toThrow("--end-slot and --slots exclude each other");
    expect(() => settings({ force: true, wait: true })).toThrow("--force and --wait exclude each other");
  });

  it("in a configuration file, `true` has the effect of a flag without a value, and `false` has no effect", () => {
    expect(settings({ force: true, modes: true })).toMatchObject({ force: true, modes: "router" });
    expect(settings({ force: false, modes: "venue" })).toEqual({ limit: 5, modes: "venue" });
    expect(settings({}, { SIMULATOR_FORCE: "1", SIMULATOR_WAIT: "0", SIMULATOR_MODES: "yes" })).toEqual({
      limit: 5,
      force: true,
      modes: "router",
    });
    expect(settings({}, { SIMULATOR_LIMIT: "" })).toEqual({ limit: 5 });
  });

  it.each([
    [{ startSlod: 5 }, 'config.json: unknown key "startSlod". Did you mean startSlot?'],
    [{ run: { limitt: 5 } }, 'config.json: unknown key "run.limitt". Did you mean limit?'],
    [{ bundle: { list: { wait: true } } }, 'config.json: unknown key "bundle.list.wait". Did you mean limit?'],
    [{ run: 5 }, "config.json: run: expected an object with the options of the command run"],
    [{ limit: 10 }, "config.json: limit: Expected a whole number from 0 to 9."],
    [{ run: { format: "xml" } }, "config.json: run.format: Allowed choices are csv, ndjson."],
    [{ limit: [1] }, "config.json: limit: expected one value, not a list"],
    [{ limit: {} }, "config.json: limit: expected text or a number"],
    [{ force: "x" }, "config.json: force: expected true or false"],
    [
      { apiKey: "secret-71" },
      "config.json: apiKey: the API key must not be in this file; set the environment variable SIMULATOR_API_KEY",
    ],
    [
      { run: { "api-key": "secret-71" } },
      "config.json: run.api-key: the API key must not be in this file; set the environment variable SIMULATOR_API_KEY",
    ],
  ])("applySettings refuses the settings %j, and the error names the file and the key", (values, message) => {
    expect(() => settings(values)).toThrow(message);
  });

  it("the error of applySettings for an invalid environment variable names the variable", () => {
    expect(() => settings({}, { SIMULATOR_LIMIT: "x" })).toThrow("SIMULATOR_LIMIT: Expected a whole number from 0 to 9.");
    expect(() => settings({}, { SIMULATOR_FORCE: "x" })).toThrow("SIMULATOR_FORCE: expected 1 or 0");
  });

  it("the section of a command group in the configuration file can set the options of its subcommands", () => {
    expect(settings({ bundle: { limit: 3, list: { limit: 4 } } })).toEqual({ limit: 5 });
  });

  it("variableOf returns the name of the environment variable for an option", () => {
    expect(variableOf(new Option("--start-slot <slot>"))).toBe("SIMULATOR_START_SLOT");
  });
});

describe("a command with a configuration", () => {
  const configured = async (values: object, ...args: string[]) => {
    await writeFile(folder.path("simulator.config.json"), JSON.stringify(values));
    return runCli(args, { cwd: folder.path() });
  };

  it("`run` reads its options from the configuration file in the working directory", async () => {
    const { code, stderr } = await configured({ url: "ws://host", run: { startSlot: 9, endSlot: 5 } }, "run");
    expect([code, stderr]).toEqual([2, "error: --end-slot 5 is before --start-slot 9\n"]);
  });

  it("`run --config` runs a backtest with the options of the given file", async () => {
    const simulator = await startLocalSimulator({ startSlot: 1_000, slots: 30 });
    const range = { url: simulator.url, startSlot: 1_000, slots: 12 };
    await writeFile(folder.path("mine.json"), JSON.stringify({ ...range, json: true, run: { advanceCount: 4 } }));
    const { code, stdout } = await runCli(["run", "--config", "mine.json"], { cwd: folder.path() });
    await simulator.close();
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ reason: "completed", startSlot: 1000, slots: 12 })]);
  });

  it("--config and SIMULATOR_CONFIG each select the configuration file", async () => {
    await writeFile(folder.path("mine.json"), '{"run":{"nonsense":1}}');
    const expected = [2, expect.stringContaining('mine.json: unknown key "run.nonsense"')];
    const flag = await runCli(["run", "--config", "mine.json"], { cwd: folder.path() });
    const variable = await runCli(["run"], { cwd: folder.path(), env: { SIMULATOR_CONFIG: "mine.json" } });
    expect([flag.code, flag.stderr]).toEqual(expected);
    expect([variable.code, variable.stderr]).toEqual(expected);
  });

  it.each([
    ["SIMULATOR_CONFIG", "no-such-file.json", ["run"], "no-such-file.json: no such file"],
    ["SIMULATOR_URL", "ftp://user:secret-71@host", ["ranges"], "ftp://host has the scheme ftp:"],
    ["SIMULATOR_URL", "wss://host?api_key=secret-71", ["run"], "it must not contain the API key"],
    ["SOLANA_RPC_URL", "secret-71", ["capture"], "expected an http:// or https:// URL"],
    ["SIMULATOR_RPC_URL", "secret-71", ["capture"], "expected an http:// or https:// URL"],
    ["SIMULATOR_PORT", "secret-71", ["serve"], "Expected a whole number from 0 to 65535"],
    ["SIMULATOR_START_SLOT", "secret-71", ["run"], "Expected a whole number from 0"],
    ["SIMULATOR_PROGRAM", "secret-71", ["run"], "Expected a base58 address"],
    ["SIMULATOR_ENGINE", "secret-71", ["serve"], "Allowed choices are litesvm, synthetic"],
    ["SIMULATOR_QUIET", "secret-71", ["ranges"], "expected 1 or 0"],
    ["SIMULATOR_IDL", "no-file", ["run"], "SIMULATOR_IDL: no-file: no such file"],
    ["SIMULATOR_FAULT", "quake", ["serve"], 'SIMULATOR_FAULT: "quake": expected'],
    ["SIMULATOR_API_KEY", "secret-71 два", ["ranges", "--url", "ws://127.0.0.1:1"], "expected visible ASCII characters"],
  ])(
    "the error about an invalid environment variable %s names the variable and contains no secrets",
    async (name, value, args, message) => {
      const { code, stderr } = await runCli(args, { cwd: folder.path(), env: { [name]: value } });
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: [^\n]+\n$/)]);
      expect(stderr).toMatch(new RegExp(`^error: ${name}: (?!--)`));
      expect(stderr).toContain(message);
      expect(stderr).not.toContain("secret-71");
    },
  );

  it.each([
    ["serve", ["--engine", "synthetic", "--port", "0"]],
    ["proxy", ["--url", "ws://127.0.0.1:1", "--origin", "http://localhost"]],
    ["dashboard", ["--url", "ws://127.0.0.1:1", "--port", "0"]],
  ])("the command %s refuses an API key that an HTTP header cannot contain, and opens no port", async (command, args) => {
    const env = { SIMULATOR_API_KEY: "secret-71…" };
    const { code, stdout, stderr } = await runCli([command, ...args], { cwd: folder.path(), env });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error: SIMULATOR_API_KEY: expected visible ASCII characters[^\n]*\n$/);
    expect(stderr).not.toContain("secret-71");
  });

  it("a command refuses an invalid URL in the configuration file, and the error names the file and the key once", async () => {
    const { code, stderr } = await configured({ url: "ftp://host" }, "ranges");
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: simulator\.config\.json: url: (?!--)/)]);
  });

  it("SIMULATOR_RPC_URL takes precedence over SOLANA_RPC_URL", async () => {
    const env = { SOLANA_RPC_URL: "http://host", SIMULATOR_RPC_URL: "none" };
    expect((await runCli(["capture"], { cwd: folder.path(), env })).stderr).toMatch(/^error: SIMULATOR_RPC_URL: /);
  });

  it("the settings `json` and `quiet` in the configuration file also apply to errors and notes", async () => {
    const { code, stdout } = await configured({ json: true, quiet: true }, "compare", "no-such-file", "other");
    expect([code, JSON.parse(stdout)]).toEqual([1, { error: { code: "file", message: expect.any(String) } }]);
  });

  it("the help of a command is printed even if the configuration file is invalid", async () => {
    expect((await configured({ nonsense: 1 }, "run", "--help")).code).toBe(0);
    expect((await configured({ nonsense: 1 }, "help", "run")).code).toBe(0);
  });
});
