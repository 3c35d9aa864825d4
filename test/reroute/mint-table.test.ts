import { expect, it } from "vitest";
import { shortMint } from "../../src/reroute/mint-table.js";

it("shortMint shortens an address of more than 12 bytes without splitting a character", () => {
  expect(shortMint("thirteen-char")).toBe("thirte..char");
  expect(shortMint("twelve-chars")).toBe("twelve-chars");
  expect(shortMint("abcdeé and an é")).toBe("abcde..n é");
});
