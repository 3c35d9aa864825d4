import { describe, expect, it } from "vitest";
import { adviseOn, correctionsFor } from "../../demo/dashboard/view/problem-notice.js";

const adviceText = (...of: Parameters<typeof adviseOn>) =>
  adviseOn(...of)
    .flat(2)
    .join("");
const at = (url: string) => ({ kind: "url", url, apiKey: "", auth: "subprotocol" }) as const;

describe("adviseOn", () => {
  it("if a local server is unreachable, adviseOn returns the commands that start a server and allow the page's origin", () => {
    const text = adviceText("unreachable", at("ws://127.0.0.1:4100/backtest"), "https://pages.example");
    expect(text).toContain("npx simulator-client serve");
    expect(text).toContain("serve --origin https://pages.example");
    expect(text).not.toContain("proxy");
  });

  it("if an https page cannot reach a ws:// server, adviseOn suggests the proxy command and wss://", () => {
    const text = adviceText("unreachable", at("ws://simulator.example"), "https://pages.example");
    expect(text).toContain("npx simulator-client proxy");
    expect(text).toContain("wss://");
    expect(adviceText("unreachable", at("wss://simulator.example"), "https://pages.example")).not.toContain("over https");
  });

  it("if the server refuses a range, adviseOn names the command `ranges`", () => {
    expect(adviceText("create", at("wss://simulator.example"), "")).toContain(
      "simulator-client ranges --url wss://simulator.example",
    );
  });

  it("if the server no longer has the session, adviseOn states that the remaining slots were not run", () => {
    expect(adviceText("controlFailed", undefined, "")).toContain("the remaining slots were not run");
  });

  it.each(["unauthorized", "controlFailed", "subscriptionFailed", "sessionBusy", "remote", "protocol", "TypeError"])(
    "adviseOn returns advice for the error code %s",
    (code) => {
      expect(adviceText(code, undefined, "")).toMatch(/\w{3}/);
    },
  );
});

describe("correctionsFor", () => {
  const fields = (...of: Parameters<typeof correctionsFor>) => correctionsFor(...of).map(({ field }) => field);
  const server = at("ws://127.0.0.1:4100/backtest");
  const inPage = { kind: "inPage", seed: "1", transactionsPerSlot: 1, slotDelayMs: 0, skipRate: 0 } as const;

  it("correctionsFor returns the fields that are probably wrong", () => {
    expect(fields("unreachable", server)).toEqual(["url", "apiKey"]);
    expect(fields("unauthorized", server)).toEqual(["apiKey"]);
    expect(fields("create", server)).toEqual(["startSlot"]);
    expect(fields("remote", server)).toEqual([]);
  });

  it("correctionsFor returns no URL field and no API key field for the simulator in the page", () => {
    expect(fields("unreachable", inPage)).toEqual([]);
    expect(fields("invalidParams", inPage)).toEqual(["startSlot"]);
  });

  it("correctionsFor returns an instruction for each field that is probably wrong", () => {
    for (const code of ["unreachable", "unauthorized", "create"])
      for (const { problem } of correctionsFor(code, server)) expect(problem).toMatch(/enter/i);
  });
});
