import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MEDIA, runCli } from "./support/cli.js";

const COMMANDS = ["serve", "run", "ranges", "compare", "ab", "summarize", "usage", "proxy", "doctor", "capture"];
const COLUMNS = 90;
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

describe.each(MEDIA)("on a %s", (medium) => {
  it("simulator-client --help lists the commands", async () => {
    const { code, text } = await runCli(["--help"], { medium });
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(text).toMatch(new RegExp(`^ {2}${command} `, "m"));
    expect(text).toContain("SIMULATOR_API_KEY");
    expect(text).not.toContain("\x1b");
  });

  it.each(COMMANDS)("%s --help prints the options and examples of the command", async (command) => {
    const { code, text, stderr } = await runCli([command, "--help"], { medium, columns: COLUMNS });
    expect(code).toBe(0);
    expect(stderr).toBe("");
    expect(text).toContain(`Usage: simulator-client ${command} [options]`);
    expect(text).toMatch(/^ +--json +print /m);
    expect(text).toMatch(new RegExp(`^Examples:\\r?\\n(?: {2}.*\\r?\\n)* {2}.*simulator-client ${command}`, "m"));
    expect(text).toMatch(/^Exit codes: 0 /m);
    expect(text).not.toContain("\x1b");
    const options = text.split(/\r?\n/).filter((line) => /^ {2}-/.test(line));
    // Without a terminal, the help has a default width of 100 columns.
    for (const line of options) expect(line.length).toBeLessThanOrEqual(medium === "terminal" ? COLUMNS : 100);
  });
});

it("simulator-client --version prints the version", async () => {
  const { code, text } = await runCli(["--version"]);
  expect({ code, text }).toEqual({ code: 0, text: `${version}\n` });
});

it("simulator-client reports an unknown command in one line, and exits with the code 2", async () => {
  const { code, stdout, stderr } = await runCli(["runn"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^error: unknown command 'runn'.*run[^\n]*\n$/);
});
