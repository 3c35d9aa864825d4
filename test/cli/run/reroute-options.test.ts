import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addRerouteOptions, type RerouteOptions, toRerouteParams, toVenue } from "../../../src/cli/run/reroute-options.js";
import { SOL_MINT, USDC_MINT } from "../../../src/reroute/mint-table.js";
import { runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

function parse(...args: string[]): RerouteOptions {
  return addRerouteOptions(new Command().exitOverride().configureOutput({ writeErr: () => {} }))
    .parse(args, { from: "user" })
    .opts();
}

const template = {
  label: "t",
  mode: "ExactIn",
  inputMint: SOL_MINT,
  outputMint: USDC_MINT,
  instruction: {
    programId: SOL_MINT,
    accounts: [
      { address: SOL_MINT, signer: true },
      { address: SOL_MINT, writable: true },
      { address: SOL_MINT, writable: true },
    ],
    data: { data: "AQAAAAAAAAA=", encoding: "base64" },
  },
  amountOffset: 0,
  taker: { user: [0], inputTokenAccount: 1, outputTokenAccount: 2 },
};

describe("the reroute options of the command run", () => {
  const folder = useFolder();
  const templates = (content: unknown): string => {
    writeFileSync(folder.path("templates.json"), JSON.stringify(content));
    return folder.path("templates.json");
  };

  it("`run` requests rerouting only with --reroute-order-flow or --reroute-report", () => {
    expect(toRerouteParams(parse())).toBeUndefined();
  });

  it.each([["--reroute-order-flow"], ["--reroute-order-flow", "router"], ["--reroute-report"]])(
    "`run` with the option %s requests re-quotes of historical swaps",
    (...args) => {
      expect(toRerouteParams(parse(...args))).toEqual({ requote: true });
    },
  );

  it("the reroute options of `run` set all reroute parameters of the session", () => {
    const file = templates([template]);
    const options = parse(
      ...["--reroute-order-flow", "router,venue", "--detect-failed-l1-swaps", "true", "--reroute-aggregators", "jupiter,titan"],
      ...["--reroute-circular-arbs", "--reroute-extra-markets", `${SOL_MINT},${USDC_MINT}`, "--venue-templates", file],
    );
    expect(toRerouteParams(options)).toEqual({
      requote: true,
      aggregators: ["jupiter", "titan"],
      detectFailedL1Swaps: true,
      circularArbs: true,
      extraMarkets: [SOL_MINT, USDC_MINT],
      directFill: [expect.objectContaining({ label: "t", taker: template.taker })],
    });
    const { rerouteExtraMarkets: _, ...others } = options;
    expect(toRerouteParams({ ...others, rerouteOrderFlow: ["venue"] })).toMatchObject({ requote: false });
  });

  it("the option --reroute-report of `run` accepts a venue by its label or by its program address", () => {
    expect(toVenue(parse("--reroute-report"))).toBeUndefined();
    expect(toVenue(parse("--reroute-report", "SolFi"))).toEqual({ label: "SolFi" });
    expect(toVenue(parse("--reroute-report", SOL_MINT))).toEqual({ program: SOL_MINT });
  });

  const range = ["run", "--url", "ws://host", "--start-slot", "5", "--slots", "4"];
  it.each([
    [["--reroute-aggregators", "okx"], /--reroute-aggregators needs --reroute-order-flow/],
    [["--reroute-circular-arbs"], /--reroute-circular-arbs needs --reroute-order-flow/],
    [["--reroute-order-flow", "venue"], /need each other/],
    [["--reroute-order-flow", "both"], /Allowed choices are router, venue/],
    [["--reroute-order-flow", "--reroute-aggregators", "uniswap"], /Allowed choices are jupiter, okx, titan, dflow/],
    [["--reroute-order-flow", "--detect-failed-l1-swaps", "yes"], /Expected true or false/],
    [["--reroute-order-flow", "--reroute-extra-markets", "x"], /Expected a base58 address/],
    [["--venue-templates", "missing.json"], /--venue-templates missing\.json: /],
    [["--reroute-report", "--checkpoint", "c", "--out", "run.ndjson"], /--reroute-report cannot be combined with --checkpoint/],
    [["--idl", "missing.json"], /--idl missing\.json: /],
  ])("`run` refuses the reroute options %j, and exits with 2", async (args, message) => {
    const { code, stderr } = await runCli([...range, ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("`run` refuses --reroute-extra-markets without --reroute-order-flow router, because only the router uses these markets", async () => {
    const options = ["--reroute-order-flow", "venue", "--venue-templates", templates([template])];
    const { code, stderr } = await runCli([...range, ...options, "--reroute-extra-markets", SOL_MINT]);
    expect(code).toBe(2);
    expect(stderr).toContain("--reroute-extra-markets needs --reroute-order-flow router");
  });

  it("`run --venue-templates` refuses an invalid template, and names the invalid field", async () => {
    const file = templates([{ ...template, mode: "Exact" }]);
    const { code, stderr } = await runCli([...range, "--reroute-order-flow", "venue", "--venue-templates", file]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--venue-templates \S+: templates\.0\.mode: expected one of ExactIn, ExactOut/);
  });
});
