import { describe, expect, it } from "vitest";
import { encodeBase64 } from "../../src/codec/base64.js";
import { type DirectFillTemplate, isSimulatorError, readTemplates } from "../../src/reroute/index.js";
import { SOL_MINT, USDC_MINT } from "../../src/reroute/mint-table.js";

const SYSTEM = "11111111111111111111111111111111";

/** A template with 5 accounts: the user (twice), the user's two token accounts, and a derived account. */
const template: DirectFillTemplate = {
  label: "venue/sol-to-usdc",
  mode: "ExactIn",
  inputMint: SOL_MINT,
  outputMint: USDC_MINT,
  instruction: {
    programId: SYSTEM,
    accounts: [
      { address: SYSTEM, writable: true, signer: true },
      { address: SYSTEM, signer: true },
      { address: SYSTEM, writable: true },
      { address: SYSTEM, writable: true },
      { address: SYSTEM },
    ],
    data: { data: encodeBase64(new Uint8Array(16)), encoding: "base64" },
  },
  amountOffset: 8,
  taker: {
    user: [0, 1],
    inputTokenAccount: 2,
    outputTokenAccount: [3],
    derived: [{ program: SYSTEM, seeds: [{ utf8: "ä".repeat(16) }, "user"], slots: 4 }],
  },
};

/** Returns a copy of the template in which the value at a path is replaced. */
function changed(path: string, value: unknown): DirectFillTemplate {
  const copy = structuredClone(template);
  const keys = path.split(".");
  let holder = copy as unknown as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) holder = holder[key] as Record<string, unknown>;
  holder[keys.at(-1) ?? ""] = value;
  return copy;
}

describe("readTemplates", () => {
  it("readTemplates accepts valid templates as JSON and as a list, and leaves out members that the server does not read", () => {
    const read = readTemplates(JSON.stringify([{ ...template, _provenance: { router: "jupiter" } }]));
    expect(read).toMatchObject([template]);
    expect(read[0]).not.toHaveProperty("_provenance");
    expect(readTemplates([template])).toEqual(read);
  });

  it("readTemplates accepts a template at its limits: 255 accounts, 16 seeds, and an amount in the last 8 bytes of the data", () => {
    const large = changed("taker.derived", [{ program: SYSTEM, seeds: Array(16).fill("user"), slots: [254] }]);
    large.instruction.accounts.push(...Array(250).fill({ address: SYSTEM }));
    expect(readTemplates([large])).toHaveLength(1);
  });

  const CASES: [name: string, given: unknown, message: string][] = [
    ["text that is not JSON", "[", "templates: not JSON: "],
    ["an object instead of a list", "{}", "templates: expected a list of templates"],
    ["an empty list", [], "templates: expected at least one template"],
    ["a repeated label", [template, template], 'templates.1.label: template "venue/sol-to-usdc" has the label of an earlier'],
    ["a blank label", [changed("label", " ")], "templates.0.label: the label is blank"],
    ["an unknown mode", [{ ...template, mode: "Exact" }], "templates.0.mode: expected one of ExactIn, ExactOut"],
    ["an invalid address", [changed("inputMint", "x")], "templates.0.inputMint: "],
    [
      "an output mint that is also the input mint",
      [changed("outputMint", SOL_MINT)],
      "templates.0.outputMint: it is also the input mint",
    ],
    ["an instruction without accounts", [changed("instruction.accounts", [])], "expected 1 to 255 accounts, got 0"],
    [
      "an instruction with 256 accounts",
      [changed("instruction.accounts", Array(256).fill({ address: SYSTEM }))],
      "expected 1 to 255 accounts, got 256",
    ],
    ["data that is not base64", [changed("instruction.data.data", "*")], "templates.0.instruction.data.data: expected base64"],
    [
      "an amount beyond the data",
      [changed("amountOffset", 9)],
      "the amount needs 8 bytes at offset 9, but the data has 16 bytes",
    ],
    ["a taker without a user slot", [changed("taker.user", [])], "templates.0.taker.user: expected at least one slot"],
    [
      "a taker without an input slot",
      [changed("taker.inputTokenAccount", [])],
      "templates.0.taker.inputTokenAccount: expected at",
    ],
    ["a slot that does not exist", [changed("taker.user", [0, 5])], "slot 5 does not exist; the instruction has 5 accounts"],
    ["a slot with two roles", [changed("taker.outputTokenAccount", 2)], "slot 2 has more than one role"],
    ["a user that does not sign", [changed("taker.user", [4])], "the account in slot 4 must be signer"],
    [
      "a token account that is not writable",
      [changed("instruction.accounts.2", { address: SYSTEM })],
      "the account in slot 2 must be writable",
    ],
    [
      "a derived account without seeds",
      [changed("taker.derived", [{ program: SYSTEM, seeds: [], slots: 4 }])],
      "templates.0.taker.derived.0.seeds: expected 1 to 16 seeds, got 0",
    ],
    [
      "a derived account with 17 seeds",
      [changed("taker.derived", [{ program: SYSTEM, seeds: Array(17).fill("user"), slots: 4 }])],
      "expected 1 to 16 seeds, got 17",
    ],
    [
      "a seed of 33 bytes in UTF-8",
      [changed("taker.derived", [{ program: SYSTEM, seeds: [{ utf8: `${"ä".repeat(16)}x` }], slots: 4 }])],
      "a seed has at most 32 bytes",
    ],
    [
      "a derived account without slots",
      [changed("taker.derived", [{ program: SYSTEM, seeds: ["user"], slots: [] }])],
      "templates.0.taker.derived.0.slots: expected at least one slot",
    ],
  ];

  it.each(CASES)("readTemplates refuses %s, and the error names the field", (_, given, message) => {
    let error: unknown;
    try {
      readTemplates(given);
    } catch (thrown) {
      error = thrown;
    }
    expect(isSimulatorError(error, "invalidParams")).toBe(true);
    expect(String(error)).toContain(message);
  });
});
