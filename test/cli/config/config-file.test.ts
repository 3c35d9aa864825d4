import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readConfigFile } from "../../../src/cli/config/config-file.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();

describe("readConfigFile", () => {
  it("readConfigFile reads simulator.config.json without rounding 64-bit integers", async () => {
    await writeFile(folder.path("simulator.config.json"), '{"endSlot":18446744073709551615}');
    expect(await readConfigFile(undefined, folder.path())).toEqual({
      name: "simulator.config.json",
      values: { endSlot: 18446744073709551615n },
    });
  });

  it("readConfigFile imports simulator.config.mjs and returns its default export", async () => {
    await writeFile(folder.path("simulator.config.mjs"), "export default { run: { slots: 2n * 21n } };");
    expect(await readConfigFile(undefined, folder.path())).toEqual({
      name: "simulator.config.mjs",
      values: { run: { slots: 42n } },
    });
  });

  it("readConfigFile returns undefined if the folder has no configuration file", async () => {
    expect(await readConfigFile(undefined, folder.path())).toBeUndefined();
  });

  it.each([
    ["{ secret-71", "other.json: not valid JSON"],
    ["[]", "other.json: expected an object"],
  ])("readConfigFile refuses the file content %j, and the error does not quote the content", async (text, message) => {
    await writeFile(folder.path("other.json"), text);
    await expect(readConfigFile("other.json", folder.path())).rejects.toThrow(message);
  });

  it("readConfigFile refuses a missing file, a folder, a module that throws, and two configuration files in one folder", async () => {
    await writeFile(folder.path("broken.mjs"), "throw new Error('broken');");
    await expect(readConfigFile("broken.mjs", folder.path())).rejects.toThrow("broken.mjs: broken");
    await expect(readConfigFile("none.json", folder.path())).rejects.toThrow("none.json: no such file");
    await expect(readConfigFile(".", folder.path())).rejects.toThrow(".: it is a folder; use the path of a file");
    for (const name of ["simulator.config.json", "simulator.config.mjs"]) await writeFile(folder.path(name), "{}");
    await expect(readConfigFile(undefined, folder.path())).rejects.toThrow("both exist");
  });
});
