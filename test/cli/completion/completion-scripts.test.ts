import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();
const scripts: Record<string, string> = {};

beforeAll(async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await runCli(["completion", shell]);
    expect(code).toBe(0);
    scripts[shell] = stdout;
  }
});

beforeEach(async () => {
  await writeFile(folder.path("run.ndjson"), "");
  await writeFile(folder.path("with space.ndjson"), "");
});

/** Returns the completions of bash at the end of a command line. bash splits words at `=`. */
function complete(...words: string[]): string[] {
  const line = ["simulator-client", ...words];
  const program = `${scripts.bash}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _simulator_client; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync("bash", ["--norc", "-c", program, "bash", ...line], { encoding: "utf8", cwd: folder.path() });
  return output.split("\n").filter((one) => one !== "");
}

describe("the completion of bash", () => {
  it("bash completes commands", () => {
    expect(complete("su")).toEqual(["summarize"]);
    expect(complete("")).toEqual(expect.arrayContaining(["serve", "run", "bundle", "completion", "help", "--quiet"]));
    expect(complete("bundle", "")).toEqual(expect.arrayContaining(["build", "status", "list", "delete"]));
    expect(complete("help", "ca")).toEqual(["capture"]);
  });

  it("bash completes the flags of a command and the common flags of all commands", () => {
    expect(complete("run", "--checkpoint")).toEqual(["--checkpoint", "--checkpoint-every"]);
    expect(complete("bundle", "build", "--bun")).toEqual(["--bundle-size"]);
    expect(complete("run", "--qu")).toEqual(["--quiet"]);
    expect(complete("run", "--engine")).toEqual([]);
  });

  it.each([[[]], [["run"]], [["bundle"]], [["bundle", "build"]], [["fleet", "run"]], [["help"]], [["completion"]]])(
    "bash offers each name only once after the words %j",
    (words) => {
      const names = complete(...words, "--");
      expect(names).toContain("--help");
      expect(names).toEqual([...new Set(names)]);
    },
  );

  it("bash completes the choices of a flag", () => {
    expect(complete("serve", "--engine", "")).toEqual(["litesvm", "synthetic"]);
    expect(complete("serve", "--engine", "=", "s")).toEqual(["synthetic"]);
    expect(complete("serve", "--engine", "=")).toEqual(["litesvm", "synthetic"]);
    expect(complete("compare", "--fail-on", "")).toEqual(["regression", "diff"]);
    expect(complete("ab", "--ignore", "comp")).toEqual(["computeUnits"]);
    expect(complete("completion", "f")).toEqual(["fish"]);
  });

  it("bash completes the names of files only for flags and arguments whose value is a file", () => {
    expect(complete("run", "--out", "r")).toEqual(["run.ndjson"]);
    expect(complete("compare", "")).toEqual(expect.arrayContaining(["run.ndjson", "with space.ndjson"]));
    expect(complete("run", "--start-slot", "")).toEqual([]);
  });

  it("bash ignores the value of a flag when it looks for the command in a line", () => {
    expect(complete("--config", "run", "se")).toEqual(["serve"]);
    expect(complete("bundle", "build", "--idempotency-key", "list", "--lat")).toEqual(["--latest"]);
    expect(complete("run", "--name", "serve", "--eng")).toEqual([]);
  });

  it("the completion script for bash has valid syntax", () => {
    execFileSync("bash", ["-n"], { input: scripts.bash });
  });
});

describe("the completion of zsh and fish", () => {
  it("the completion script for zsh contains the commands, flags and choices with their descriptions", () => {
    expect(scripts.zsh).toMatch(/^#compdef simulator-client\n/);
    expect(scripts.zsh).toContain("'serve:start a local simulator'");
    expect(scripts.zsh).toContain("'--quiet:print only results and errors'");
    expect(scripts.zsh).toContain("'serve:--engine') compadd -- 'litesvm' 'synthetic';;");
    expect(scripts.zsh).toMatch(/'run:--out'\|'run:-o'\) _files;;/);
  });

  it("the completion script for fish contains the commands, flags and choices with their descriptions", () => {
    expect(scripts.fish).toContain("-a serve -d 'start a local simulator'");
    expect(scripts.fish).toMatch(/__simulator_client_at .*serve.* -l engine -x -a 'litesvm synthetic' -d /);
    expect(scripts.fish).toMatch(/ -l out -s o -r -F -d /);
  });
});
