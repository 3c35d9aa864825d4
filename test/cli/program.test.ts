import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS, runProgram } from "../../src/cli/program.js";
import { type LocalSimulator, startLocalSimulator } from "../../src/local/index.js";
import { capturedIo, runCli } from "./support/captured-io.js";

describe("an invalid command line", () => {
  it.each([
    [["runn"], /unknown command 'runn' .*run/],
    [["run", "--url"], /option '--url <url>' argument missing/],
    [["run", "--start-slot", "-1", "--url", "127.0.0.1"], /--start-slot <slot>' argument '-1' is invalid/],
    [["run", "--url", "ftp://host"], /--url: /],
    [["run"], /--url is missing: .*SIMULATOR_URL/],
    [["run", "--url", "ws://host", "--slots", "5"], /--start-slot is missing/],
    [["run", "--url", "ws://host", "--start-slot", "5"], /--end-slot or --slots is missing/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--end-slot", "4"], /--end-slot 4 is before --start-slot 5/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--end-slot", "9"], /exclude each other/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--slots", "18446744073709551612"], /larger than 18446744073709551615/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--transactions"], /--transactions needs --program/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--out", "run.txt"], /unknown extension/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--format", "csv"], /--format needs --out/],
    [
      ["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--checkpoint", "c", "--parallel"],
      /cannot be combined with --parallel/,
    ],
    [
      ["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--checkpoint", "c", "--out", "-"],
      /needs a file in --out/,
    ],
    [["run", "--url", "ws://host", "--start-slot", "5", "--slots", "-1"], /Expected a whole number from 0/],
    [["serve", "--slots", "0"], /Expected a whole number from 1/],
    [["serve", "--engine", "solana"], /Allowed choices are litesvm, synthetic/],
    [["serve", "--fault", "quake"], /--fault "quake": .*drop/],
    [["serve", "--fault", "drop"], /add @slot:N or @frames:N/],
    [["serve", "--engine", "synthetic", "--slots", "9", "--fault", "drop@slot:5"], /would never take effect/],
    [["serve", "--ledger", "x", "--seed", "y"], /option '--ledger <folder>' cannot be used with option '--seed <text>'/],
    [["serve", "--ledger", "x", "--engine", "synthetic"], /--ledger needs the engine litesvm/],
    [["serve", "--ledger", "x", "--fallback"], /--ledger needs the engine litesvm/],
    [["proxy"], /--url is missing/],
    [["proxy", "--url", "wss://host"], /--origin is missing/],
    [["proxy", "--url", "wss://host", "--origin", "app.example"], /scheme, host and port/],
    [["compare", "one"], /missing required argument 'b'/],
    [["compare", "a", "b", "--ignore", "mood"], /Allowed choices are .*regression/],
    [["ranges"], /--url is missing/],
    [["ranges", "--url", "ws://host", "--split", "9..1"], /The end is before the start/],
    [["ranges", "--url", "ws://host", "--after", "soon"], /--after/],
    [["capture", "--start-slot", "1"], /--rpc-url is missing/],
    [["capture", "--rpc-url", "http://host", "--start-slot", "1", "--slots", "1", "--out", "x"], /--account is missing/],
    [["capture", "--rpc-url", "http://host", "--start-slot", "1", "--slots", "1", "--end-slot", "2"], /exclude each other/],
  ])("the program refuses the command line %j with a message of one line and exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  it("the program prints its help and exits with 2 if the command line has no command", async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: simulator-client [options] [command]");
  });

  it.each(["--api-key", "--key", "-key", "--apiKey"])(
    "the error for an API key in the option %s names the environment variable for keys, and does not contain the key",
    async (option) => {
      const { code, stderr } = await runCli(["run", `${option}=my-own-key-71`]);
      expect(code).toBe(2);
      expect(stderr).toContain("SIMULATOR_API_KEY");
      expect(stderr).not.toContain("my-own-key-71");
    },
  );

  it.each([
    ["--url", "wss://host?api_key=my-own-key-71"],
    ["--url", "wss://host/?x=1&api_key=my-own-key-71"],
    ["--url", "ftp://user:my-own-key-71@host"],
    ["--rpc-url", "ftp://host/my-own-key-71"],
  ])("the error for the invalid option %s %s does not contain the value", async (option, url) => {
    const { code, stderr } = await runCli([option === "--url" ? "run" : "capture", option, url]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${option}: `);
    expect(stderr).not.toContain("my-own-key-71");
  });
});

describe("a failure with --json", () => {
  it.each([
    [["runn", "--json"], "usage", 2],
    [["run", "--json"], "usage", 2],
    [["run", "--json", "--url", "ws://host", "--no-such-option"], "usage", 2],
    [["--json"], "usage", 2],
    [["help", "runn", "--json"], "usage", 2],
    [["run", "--quiet", "--verbose", "--json"], "usage", 2],
    [["compare", "no-such-file", "other", "--json"], "file", 1],
    [["compare", "no-such-file", "other", "--json", "--quiet"], "file", 1],
    [["serve", "--ledger", "no-such-folder", "--json"], "invalidParams", 1],
  ])(
    "the failed command line %j prints the code and the message of its error as JSON on the standard output",
    async (args, code, exitCode) => {
      const finished = await runCli(args);
      expect(finished.code).toBe(exitCode);
      expect(finished.stdout.match(/\n/g)).toHaveLength(1);
      const { error } = JSON.parse(finished.stdout) as { error: { code: string; message: string } };
      expect(error).toEqual({ code, message: expect.any(String) });
    },
  );

  it("a failed command prints its error as JSON on the standard error if the record goes to the standard output", async () => {
    const { stdout, stderr } = await runCli(["run", "--url", "ws://host", "--out", "-", "--json"]);
    expect(stdout).toBe("");
    expect(stderr).toContain('{"error":{"code":"usage"');
  });

  it("the error for an invalid value shows the whole option with the form of its value, such as --program-so <address=file>", async () => {
    const { stderr } = await runCli(["run", "--program-so", "program.so"]);
    expect(stderr).toContain("option '--program-so <address=file>' argument 'program.so' is invalid");
  });

  it("a failed command without --json prints nothing on the standard output", async () => {
    expect((await runCli(["compare", "no-such-file", "other"])).stdout).toBe("");
  });
});

describe("help", () => {
  it.each([
    "serve",
    "run",
    "ranges",
    "compare",
    "ab",
    "summarize",
    "usage",
    "bundle",
    "depth",
    "datasets",
    "proxy",
    "doctor",
    "capture",
  ])("the command line `%s --help` prints the same help as the command `help`", async (name) => {
    const asked = await runCli([name, "--help"]);
    expect(asked).toMatchObject({ code: 0, stderr: "" });
    expect(await runCli(["help", name])).toEqual(asked);
  });

  it.each(COMMANDS.map((make) => make({ io: capturedIo(), exit: () => {} }).name()))(
    "the help for %s is wrapped at the width of the terminal",
    async (name) => {
      for (const columns of [60, 80]) {
        const { stdout } = await runCli([name, "--help"], { isTerminal: true, columns });
        const tooLong = stdout.split("\n").filter((line) => line.length > columns);
        // A line without spaces cannot be broken. All other lines must fit.
        expect(tooLong.filter((line) => /\S \S/.test(line.trim()))).toEqual([]);
      }
    },
  );

  it("the help of a command names the common options of all commands, and the page that documents the command", async () => {
    const { stdout } = await runCli(["run", "--help"]);
    expect(stdout).toMatch(/^Every command also has --config <file>, --quiet and --verbose\. Docs: docs\/cli\.md#run$/m);
    expect((await runCli(["--help"])).stdout).toMatch(/^Docs: docs\/cli\.md$/m);
  });

  it.each([80, 90, 100])("the help of `run` at %i columns has fewer than 4,095 bytes with CR LF line ends", async (columns) => {
    // The help must be this short, because node-pty in e2e/cli-help.test.ts can lose output after the first 4,095 bytes.
    const { stdout } = await runCli(["run", "--help"], { isTerminal: true, columns });
    expect(Buffer.byteLength(stdout.replaceAll("\n", "\r\n"))).toBeLessThan(4_095);
  });

  it("the help of the program lists each command with its arguments", async () => {
    const { stdout } = await runCli(["--help"]);
    expect(stdout).toMatch(/^ {2}compare <a> <b> +show the differences/m);
    expect(stdout).toMatch(/^ {2}help \[command\.\.\.\] +print the help/m);
  });

  it("`help` without a command prints the help of the program", async () => {
    expect(await runCli(["help"])).toEqual(await runCli(["--help"]));
  });

  it("`help` with an unknown command suggests a command, and exits with 2", async () => {
    const { code, stdout, stderr } = await runCli(["help", "runn"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe("error: unknown command 'runn' (Did you mean run?)\n");
    expect((await runCli(["help", "run", "more"])).stderr).toBe("error: unknown command 'more' (run has no commands)\n");
  });
});

describe("--quiet and --verbose", () => {
  const run = ["run", "--start-slot", "300000000", "--slots", "5"];
  let simulator: LocalSimulator;
  beforeAll(async () => {
    simulator = await startLocalSimulator({ slots: 10 });
  });
  afterAll(() => simulator.close());

  it.each([[["--quiet", ...run]], [[...run, "--quiet"]]])(
    "the command line %j prints only the result, because of --quiet",
    async (args) => {
      const { code, stdout, stderr } = await runCli([...args, "--url", simulator.url], { isTerminal: true });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain("completed in");
    },
  );

  it("--quiet silences neither an error nor the JSON result of a run with `--out -`", async () => {
    const { stderr } = await runCli([...run, "--url", simulator.url, "--quiet", "--out", "-", "--json"]);
    expect(stderr).toMatch(/^\{"reason":"completed",[^\n]*\}\n$/);
    expect((await runCli(["runn", "--quiet"])).stderr).toContain("error: unknown command");
  });

  it("--verbose prints the log of the client and the stack of an error", async () => {
    const { stderr } = await runCli([...run, "--url", simulator.url, "--verbose"]);
    expect(stderr).toMatch(/^debug: simulator ws:\/\/127\.0\.0\.1:\d+\/backtest, without an API key$/m);
    expect(stderr).toMatch(/^debug: session backtest_\w+: created$/m);
    const failed = await runCli(["compare", "no-such-file", "other", "--verbose"]);
    expect(failed.stderr).toMatch(/^error: [^\n]+\ndebug: Failure: .*\n(?:debug: +at .*\n)+debug: caused by\n/);
  });

  it("a command refuses --quiet together with --verbose", async () => {
    const { code, stderr } = await runCli([...run, "--quiet", "--verbose"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("'--quiet' cannot be used with option '--verbose'")]);
  });
});

describe("the version", () => {
  it.each(["--version", "-V"])("the option %s prints the version of the package", async (option) => {
    expect(await runCli([option])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/), stderr: "" });
  });
});

describe("an interrupt", () => {
  it("an interrupt ends the command `serve` with exit code 0", async () => {
    const interrupt = new AbortController();
    const io = capturedIo({}, interrupt.signal);
    const running = runProgram(["serve", "--engine", "synthetic", "--port", "0", "--json"], io);
    await io.out.until("\n");
    interrupt.abort();
    expect(await running).toBe(0);
    expect(io.err.text).toBe("");
  });
});
