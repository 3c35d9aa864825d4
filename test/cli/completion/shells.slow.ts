import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { spawn } from "@lydell/node-pty";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

/*
 * Tests the completion scripts of zsh and fish. `npm run test:slow` installs these shells.
 */

const folder = useFolder();
const ESCAPE = String.fromCharCode(0x1b);
/** Matches a bell and the control sequences of ECMA-48. */
const CONTROL = new RegExp(`\\u0007|${ESCAPE}\\[[?\\d;]*[A-Za-z]`, "g");
/** Time limit of a test, in ms. */
const LIMIT_MS = 60_000;

beforeEach(async () => {
  for (const shell of ["zsh", "fish"]) await writeFile(folder.path(shell), (await runCli(["completion", shell])).stdout);
  await writeFile(folder.path("run.ndjson"), "");
});

describe("fish", () => {
  /** Returns the completions of fish at the end of a command line, without their descriptions. */
  function complete(line: string): string[] {
    const program = `source fish; complete -C 'simulator-client ${line}'`;
    const output = execFileSync("fish", ["--no-config", "-c", program], { encoding: "utf8", cwd: folder.path() });
    return output.split("\n").flatMap((one) => (one === "" ? [] : [one.split("\t")[0] ?? ""]));
  }

  it.each([
    ["su", ["summarize"]],
    ["bundle ", ["build", "delete", "list", "status"]],
    ["run --checkpoint", ["--checkpoint", "--checkpoint-every"]],
    ["serve --engine ", ["litesvm", "synthetic"]],
    ["bundle build --idempotency-key list --lat", ["--latest"]],
    ["run --out r", ["run.ndjson"]],
    ["compare r", ["run.ndjson"]],
    ["run --start-slot ", []],
    ["run --eng", []],
    ["run --he", ["--help"]],
  ])("the completion script for fish completes the command line %j", (line, expected) => {
    expect(complete(line)).toEqual(expected);
  });
});

describe("zsh", () => {
  /**
   * Starts zsh on a terminal and loads the script. Returns a function that types a text, and resolves when the output matches a
   * pattern.
   */
  async function startZsh() {
    const shell = spawn("zsh", ["-f", "-i"], { cwd: folder.path(), cols: 200, env: { PATH: process.env.PATH, TERM: "dumb" } });
    onTestFinished(() => shell.kill("SIGKILL"));
    let text = "";
    let check = (): void => {};
    shell.onData((part) => {
      text = `${text}${part}`.replace(CONTROL, "");
      check();
    });
    const type = async (keys: string, pattern: RegExp): Promise<string> => {
      text = "";
      const found = new Promise<string>((resolve) => {
        check = () => {
          if (pattern.test(text)) resolve(text);
        };
      });
      shell.write(keys);
      return found;
    };
    await type("autoload -U compinit && compinit -D -u && source ./zsh && print rea''dy\r", /^ready\r?$/m);
    return type;
  }

  it.each([
    ["summ", /simulator-client summarize $/],
    ["run --checkpoint-e", /simulator-client run --checkpoint-every $/],
    ["serve --engine syn", /simulator-client serve --engine synthetic $/],
    ["bundle build --idempotency-key list --lat", / --latest $/],
    ["run --out r", / --out run\.ndjson $/],
    ["compare r", /simulator-client compare run\.ndjson $/],
    ["help capt", /simulator-client help capture $/],
    ["", /serve\s+-- start a local simulator/],
    ["run --qui", /--quiet $/],
  ])("zsh completes the command line %j with the completion script", { timeout: LIMIT_MS }, async (line, expected) => {
    const type = await startZsh();
    expect(await type(`simulator-client ${line}\t`, expected)).toMatch(expected);
  });
});
