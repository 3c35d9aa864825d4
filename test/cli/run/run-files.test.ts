import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../../../src/cli/command-failure.js";
import { RunFiles } from "../../../src/cli/run/run-files.js";
import type { RunPlan } from "../../../src/cli/run/run-plan.js";
import { type RunState, saveRunState } from "../../../src/cli/run/run-state.js";
import { ndjsonHeader } from "../../../src/compare/ndjson-encoder.js";
import { emptyTally } from "../../../src/compare/run-tally.js";
import { useFolder } from "../support/temporary-folder.js";
import { SESSION, samplePlan } from "./sample-plan.js";

const folder = useFolder();
let plan: RunPlan;

beforeEach(() => {
  plan = samplePlan(folder.path);
});

async function begin(changes: Partial<RunPlan> = {}) {
  const changed = { ...plan, ...changes };
  const files = await RunFiles.lock(changed);
  try {
    return await files.begin(changed);
  } finally {
    await files.unlock();
  }
}

const write = (name: string, text: string) => writeFile(folder.path(name), text);
const read = (name: string) => readFile(folder.path(name), "utf8");
const save = (session: RunState["session"], outBytes = 4) =>
  saveRunState(folder.path("state"), { run: plan, session, outBytes, tally: emptyTally(), seconds: 1, summary: undefined });

describe("a checkpoint file", () => {
  it.each(["run.ndjson", "run.ndjson.partial", "run.ndjson.lock"])(
    "a run refuses a checkpoint file named %s, even through a symbolic link, because the record uses this name",
    async (name) => {
      await symlink(folder.path(), folder.path("link"));
      await expect(begin({ checkpoint: folder.path(name) })).rejects.toThrow("the name is used by the record");
      await expect(begin({ checkpoint: folder.path(`link/${name}`) })).rejects.toThrow("the name is used by the record");
      expect(await readdir(folder.path())).toEqual(["link"]);
    },
  );
});

describe("a run without a checkpoint file", () => {
  it("if the folder has no record of an earlier run, a run starts without a checkpoint file", async () => {
    expect(await begin()).toEqual({ kind: "start" });
    expect(await readdir(folder.path())).toEqual([]);
  });

  it("a run without a checkpoint file fails if its record exists, and the error names the record", async () => {
    await write("run.ndjson", "precious");
    const refused = begin();
    await expect(refused).rejects.toMatchObject({ code: "fileExists" });
    await expect(refused).rejects.toThrow(`cannot write ${folder.path("run.ndjson")}: the file exists already.`);
    expect(await readdir(folder.path())).toEqual(["run.ndjson"]);
  });

  it("a run without a checkpoint file replaces the partial record of an earlier run that had the same options", async () => {
    await write("run.ndjson.partial", `${ndjsonHeader(plan)}{"type":"slot"`);
    expect((await begin()).kind).toBe("start");
  });

  it.each([
    ["is empty", ""],
    ["ends in its first line", '{"type":"run"'],
  ])("a run without a checkpoint file replaces a partial record that %s", async (_, text) => {
    await write("run.ndjson.partial", text);
    expect((await begin()).kind).toBe("start");
  });

  it.each([
    ["another run", () => ndjsonHeader({ ...plan, endSlot: 8n })],
    ["text that is not a record", () => "precious"],
  ])("a run without a checkpoint file fails if the partial record contains %s", async (_, text) => {
    await write("run.ndjson.partial", text());
    await expect(begin()).rejects.toThrow(/run\.ndjson\.partial: the file exists already/);
    expect(await read("run.ndjson.partial")).toBe(text());
  });

  it("a run with --force does not delete the existing record when the run starts", async () => {
    await write("run.ndjson", "old");
    await write("run.ndjson.partial", "other");
    expect((await begin({ mayReplace: true })).kind).toBe("start");
    expect(await read("run.ndjson")).toBe("old");
  });
});

describe("a run with a checkpoint file", () => {
  it("a run resumes the session from its checkpoint file", async () => {
    await save(SESSION);
    await write("run.ndjson.partial", "1234");
    expect(await begin()).toMatchObject({ kind: "resume", state: { outBytes: 4 } });
    expect(await begin({ mayReplace: true })).toMatchObject({ kind: "resume" });
  });

  it("a run with a checkpoint file refuses to overwrite the record of another run", async () => {
    await save(SESSION);
    await write("run.ndjson", "precious");
    await expect(begin()).rejects.toMatchObject({ code: "fileExists" });
    expect(await read("run.ndjson")).toBe("precious");
  });

  it("if the session of the checkpoint file has completed, a run finishes the partial record without a new session", async () => {
    await save(undefined);
    await write("run.ndjson.partial", "1234");
    expect((await begin()).kind).toBe("finish");
  });

  it("a run with a checkpoint file does nothing if it has already completed and the record exists", async () => {
    await save(undefined);
    await write("run.ndjson", "1234");
    expect((await begin()).kind).toBe("done");
    expect((await begin({ mayReplace: true })).kind).toBe("start");
  });

  it("if the record of a completed run was changed, another run with its checkpoint file fails", async () => {
    await save(undefined);
    await write("run.ndjson", "changed");
    await expect(begin()).rejects.toMatchObject({ code: "fileExists" });
  });

  it("a run with the checkpoint file of a completed run starts from the beginning if the record was deleted", async () => {
    await save(undefined);
    expect((await begin()).kind).toBe("start");
    // The old checkpoint is deleted at once. If this process is killed, the next process must not resume from it.
    expect(await readdir(folder.path())).toEqual([]);
  });

  it("a run without --out does nothing if its checkpoint file belongs to a completed run", async () => {
    plan = samplePlan(folder.path, { out: undefined });
    await save(undefined);
    expect((await begin()).kind).toBe("done");
  });

  it("a run replaces the checkpoint file of another run only with --force", async () => {
    await save(SESSION);
    const other = { endSlot: 8n };
    await expect(begin(other)).rejects.toThrow(UsageError);
    await expect(begin(other)).rejects.toThrow("another last slot");
    expect(await readdir(folder.path())).toEqual(["state"]);
    expect((await begin({ ...other, mayReplace: true })).kind).toBe("start");
    expect(await readdir(folder.path())).toEqual([]);
  });

  it("a run replaces an invalid checkpoint file only with --force", async () => {
    await write("state", "precious");
    await expect(begin()).rejects.toMatchObject({ code: "fileExists" });
    expect(await read("state")).toBe("precious");
    expect((await begin({ mayReplace: true })).kind).toBe("start");
  });
});

describe("the files of a run", () => {
  it.each(["run.ndjson", "run.ndjson.partial", "run.ndjson.lock"])(
    "a run refuses the checkpoint file name %s, because the record uses this name",
    async (name) => {
      await expect(begin({ checkpoint: folder.path(name) })).rejects.toThrow(UsageError);
      expect(await readdir(folder.path())).toEqual([]);
    },
  );

  it("with --checkpoint, a run fails if --out or --checkpoint is a device such as /dev/null", async () => {
    await expect(begin({ out: { file: "/dev/null", format: "csv" } })).rejects.toThrow("needs a file in --out");
    await expect(begin({ checkpoint: "/dev/null" })).rejects.toThrow("it is a device");
  });

  it("a run unlocks its record file if the run cannot lock its checkpoint file", async () => {
    const first = await RunFiles.lock({ ...plan, out: undefined });
    await expect(RunFiles.lock(plan)).rejects.toMatchObject({ code: "fileLocked" });
    await first.unlock();
    expect(await readdir(folder.path())).toEqual([]);
  });
});
