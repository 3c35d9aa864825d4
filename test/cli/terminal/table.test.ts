import { expect, it } from "vitest";
import { table } from "../../../src/cli/terminal/table.js";

it("table() makes each column as wide as its widest cell, and writes no trailing spaces", () => {
  const lines = table(
    [{ title: "slot", align: "right" }, { title: "what" }, { title: "end" }],
    [
      ["7", "a long one", ""],
      ["300000000", "b", "x"],
    ],
  );
  expect(lines).toEqual(["     slot  what        end", "        7  a long one", "300000000  b           x"]);
});
