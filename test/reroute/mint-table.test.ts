import { expect, it } from "vitest";
import { shortMint } from "../../src/reroute/mint-table.js";

it("the table of mints shortens a mint of more than 12 bytes at whole characters", () => {
  expect(shortMint("thirteen-char")).toBe("thirte..char");
  expect(shortMint("twelve-chars")).toBe("twelve-chars");
  expect(shortMint("abcdeé and an é")).toBe("abcde..n é");
});
