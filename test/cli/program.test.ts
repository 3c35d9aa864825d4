import { describe, expect, it } from "vitest";
import { runProgram } from "../../src/cli/program.js";
import { capturedIo, runCli } from "./support/captured-io.js";

describe("a command line that can't be meant", () => {
  it.each([
    [["runn"], /unknown command 'runn' .*run/],
    [["run", "--url"], /option '--url <url>' argument missing/],
    [["run", "--start-slot", "-1", "--url", "127.0.0.1"], /--start-slot <slot>' argument '-1' is invalid/],
    [["run", "--url", "ftp://host"], /--url: /],
    [["run"], /--url is missing: .*SIMULATOR_URL/],
    [["run", "--url", "ws://host", "--slots", "5"], /--start-slot is missing/],
    [["run", "--url", "ws://host", "--start-slot", "5"], /--slots or --end-slot is missing/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--end-slot", "4"], /--end-slot 4 lies before --start-slot 5/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--end-slot", "9"], /say the same/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--slots", "18446744073709551615"], /over 18446744073709551615/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--transactions"], /--transactions needs --program/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--out", "run.txt"], /its extension tells no format/],
    [["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--format", "csv"], /--format needs --out/],
    [
      ["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--checkpoint", "c", "--parallel"],
      /can't be had together/,
    ],
    [
      ["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4", "--checkpoint", "c", "--out", "-"],
      /needs a file in --out/,
    ],
    [["serve", "--engine", "solana"], /Allowed choices are litesvm, synthetic/],
    [["serve", "--fault", "quake"], /--fault "quake": .*drop/],
    [["serve", "--fault", "drop"], /say when, with @slot:N or @frames:N/],
    [["serve", "--engine", "synthetic", "--slots", "9", "--fault", "drop@slot:5"], /would never strike/],
    [["serve", "--ledger", "x", "--seed", "y"], /option '--ledger <folder>' cannot be used with option '--seed <text>'/],
    [["serve", "--ledger", "x", "--engine", "synthetic"], /--ledger needs the engine litesvm/],
    [["serve", "--ledger", "x", "--fallback"], /--ledger needs the engine litesvm/],
    [["proxy"], /--url is missing/],
    [["proxy", "--url", "wss://host"], /--origin is missing/],
    [["proxy", "--url", "wss://host", "--origin", "app.example"], /scheme, host and port/],
    [["compare", "one"], /missing required argument 'b'/],
    [["compare", "a", "b", "--ignore", "mood"], /Allowed choices are .*regression/],
    [["ranges"], /--url is missing/],
    [["ranges", "--url", "ws://host", "--split", "9..1"], /Its end lies before its start/],
    [["ranges", "--url", "ws://host", "--after", "soon"], /--after/],
    [["capture", "--start-slot", "1"], /--rpc-url is missing/],
    [["capture", "--rpc-url", "http://host", "--start-slot", "1", "--slots", "1", "--out", "x"], /--account is missing/],
    [["capture", "--rpc-url", "http://host", "--start-slot", "1", "--slots", "1", "--end-slot", "2"], /one of them/],
  ])("%j is told in one line, with exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  it("without a command is answered with what there is", async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: simulator-client [options] [command]");
  });

  it.each(["--api-key", "--key", "-key", "--apiKey"])("%s gets no key printed, and is told where keys go", async (option) => {
    const { code, stderr } = await runCli(["run", `${option}=my-own-key-71`]);
    expect(code).toBe(2);
    expect(stderr).toContain("SIMULATOR_API_KEY");
    expect(stderr).not.toContain("my-own-key-71");
  });

  it.each([
    ["--url", "wss://host?api_key=my-own-key-71"],
    ["--url", "wss://host/?x=1&api_key=my-own-key-71"],
    ["--url", "ftp://user:my-own-key-71@host"],
    ["--rpc-url", "ftp://host/my-own-key-71"],
  ])("%s %s gets nothing of it printed", async (option, url) => {
    const { code, stderr } = await runCli([option === "--url" ? "run" : "capture", option, url]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${option}: `);
    expect(stderr).not.toContain("my-own-key-71");
  });
});

describe("help", () => {
  it.each(["serve", "run", "ranges", "compare", "proxy", "doctor", "capture"])(
    "of %s is the same by either way",
    async (name) => {
      const asked = await runCli([name, "--help"]);
      expect(asked).toMatchObject({ code: 0, stderr: "" });
      expect(await runCli(["help", name])).toEqual(asked);
    },
  );

  it("is as wide as the terminal", async () => {
    const { stdout } = await runCli(["run", "--help"], { isTerminal: true, columns: 80 });
    const options = stdout.split("\n").filter((line) => /^ {2}-| {20}/.test(line));
    expect(options.length).toBeGreaterThan(20);
    for (const line of options) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe("an interrupt", () => {
  it("is the good end of what serves", async () => {
    const interrupt = new AbortController();
    const io = capturedIo({}, interrupt.signal);
    const running = runProgram(["serve", "--engine", "synthetic", "--port", "0", "--json"], io);
    await io.out.until("\n");
    interrupt.abort();
    expect(await running).toBe(0);
    expect(io.err.text).toBe("");
  });
});
