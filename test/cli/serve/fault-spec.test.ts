import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/cli/command-failure.js";
import { describeForms, parseFault, parseFirstFault } from "../../../src/cli/serve/fault-spec.js";

describe("parseFault", () => {
  it.each([
    ["drop", { fault: { type: "drop" } }],
    ["drop:control", { fault: { type: "drop", target: { channel: "control" } } }],
    ["drop@slot:300000100", { fault: { type: "drop" }, trigger: { atSlot: 300_000_100n } }],
    ["close", { fault: { type: "close", code: 1012 } }],
    ["close=4001", { fault: { type: "close", code: 4001 } }],
    [
      "close=1012@frames:500:control",
      { fault: { type: "close", code: 1012 }, trigger: { afterFrames: 500, target: { channel: "control" } } },
    ],
    ["halfOpen:subscription", { fault: { type: "halfOpen", target: { channel: "subscription" } } }],
    ["half-open:subscription", { fault: { type: "halfOpen", target: { channel: "subscription" } } }],
    ["cut-frame", { fault: { type: "cutFrame" } }],
    ["corruptFrame", { fault: { type: "corruptFrame" } }],
    ["delay=50", { fault: { type: "delay", ms: 50 } }],
    ["delay=0", { fault: { type: "delay", ms: 0 } }],
    ["slow=20000:subscription", { fault: { type: "slow", bytesPerSecond: 20_000, target: { channel: "subscription" } } }],
    ["busy-owner", { fault: { type: "busyOwner", times: 1 } }],
    ["busyOwner=3@slot:7", { fault: { type: "busyOwner", times: 3 }, trigger: { atSlot: 7n } }],
    ["refuseAuth=2", { fault: { type: "refuseAuth", times: 2 } }],
    ["refuseUpgrade=503", { fault: { type: "refuseUpgrade", status: 503, times: 1 } }],
    ["refuse-upgrade=429x5", { fault: { type: "refuseUpgrade", status: 429, times: 5 } }],
  ])("parseFault parses the fault %s", (text, order) => {
    expect(parseFault(text)).toEqual(order);
  });

  it.each([
    "",
    "explode",
    "toString",
    "drop=1",
    "drop@",
    "drop@slot:",
    "drop@slot:-1",
    "drop@slot:x",
    "drop@time:5",
    "drop@frames:0",
    "drop:everything",
    "drop@slot:5:control:control",
    "drop@slot:99999999999999999999",
    "close=",
    "close=1005",
    "close=1006",
    "close=1015",
    "close=2000",
    "close=99999",
    "delay",
    "delay=",
    "delay=soon",
    "delay=-1",
    "slow",
    "busyOwner=0",
    "refuseUpgrade",
    "refuseUpgrade=200",
    "refuseUpgrade=503x",
    "refuseUpgrade=503x0",
    "refuseUpgrade=503x2x3",
    " drop",
  ])("parseFault refuses the text %j with an error of one line", (text) => {
    expect(() => parseFault(text)).toThrow(UsageError);
    expect(() => parseFault(text)).toThrow(/^--fault [^\n]+$/);
  });

  it("parseFault throws an error that suggests valid faults", () => {
    expect(() => parseFault("delay")).toThrow("delay=MS");
    expect(() => parseFault("nope")).toThrow("drop, close, halfOpen");
  });
});

describe("parseFirstFault", () => {
  it("parseFirstFault accepts faults that can be set before the first connection", () => {
    expect(parseFirstFault("delay=50")).toEqual(parseFault("delay=50"));
    expect(parseFirstFault("drop@frames:5")).toEqual(parseFault("drop@frames:5"));
    expect(parseFirstFault("refuseAuth")).toEqual(parseFault("refuseAuth"));
  });

  it.each(["drop", "close", "halfOpen", "cutFrame", "corruptFrame"])(
    "parseFirstFault requires @slot:N or @frames:N for the fault %s",
    (text) => {
      expect(() => parseFirstFault(text)).toThrow("@slot:N or @frames:N");
    },
  );
});

it("describeForms lists a notation for each fault, and parseFault can parse each notation", () => {
  const forms = describeForms().map((line) => line.split(/ {2,}/)[0] ?? "");
  for (const form of forms) {
    const written = form.replace(/\[.*$/, "").replace("=MS", "=5").replace("=BYTES", "=5").replace("=STATUS", "=503");
    expect(parseFault(written).fault.type).toBe(written.replace(/=.*/, ""));
  }
  expect(forms).toHaveLength(10);
});
