import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  backtestWsUrl,
  checkedControlUrl,
  httpBaseUrl,
  httpToWsUrl,
  resolveRpcEndpoint,
  withoutQuery,
} from "../../src/protocol/urls.js";
import { thrownBy } from "./thrown.js";

describe("backtestWsUrl", () => {
  for (const [given, control] of [
    // These are the test cases of the Rust crate.
    ["simulator.termina.technology", "wss://simulator.termina.technology/backtest"],
    ["ws://localhost:8900", "ws://localhost:8900/backtest"],
    ["wss://staging.simulator.termina.technology/", "wss://staging.simulator.termina.technology/backtest"],
    ["http://127.0.0.1:8900", "http://127.0.0.1:8900"],
    ["https://host/backtest", "https://host/backtest"],
    // Addresses with ports and paths.
    ["localhost:8900", "wss://localhost:8900/backtest"],
    ["[::1]:8900", "wss://[::1]:8900/backtest"],
    ["ws://[::1]:8900/", "ws://[::1]:8900/backtest"],
    ["wss://host/backtest", "wss://host/backtest"],
    ["wss://host/backtest/", "wss://host/backtest"],
    ["wss://host///", "wss://host/backtest"],
    ["wss://host/gateway", "wss://host/gateway/backtest"],
    ["wss://host/gateway/backtest", "wss://host/gateway/backtest"],
    ["wss://host/mybacktest", "wss://host/mybacktest/backtest"],
    ["host/", "wss://host/backtest"],
    ["host/backtest", "wss://host/backtest"],
    // A host named "backtest" is not a path.
    ["ws://backtest", "ws://backtest/backtest"],
    ["backtest", "wss://backtest/backtest"],
    // Schemes in upper and lower case.
    ["WSS://Host", "wss://Host/backtest"],
    ["Ws://localhost:1/", "ws://localhost:1/backtest"],
    // A query remains after the path.
    ["wss://host?a=1", "wss://host/backtest?a=1"],
    ["wss://host/?a=b/", "wss://host/backtest?a=b/"],
    ["wss://host/backtest?a=1", "wss://host/backtest?a=1"],
    ["host?next=https://other/x", "wss://host/backtest?next=https://other/x"],
  ] as const) {
    test(`backtestWsUrl returns ${control} for ${given}`, () => {
      expect(backtestWsUrl(given)).toBe(control);
      expect(backtestWsUrl(control)).toBe(control);
    });
  }

  test("backtestWsUrl does not change a URL that it has returned before", () => {
    const piece = fc.constantFrom(
      "ws://",
      "wss://",
      "WSS://",
      "http://",
      "host",
      "backtest",
      "/",
      "/backtest",
      ":8900",
      "?a=1",
      "#x",
      "//",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const once = backtestWsUrl(pieces.join(""));
        expect(backtestWsUrl(once)).toBe(once);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the HTTP base", () => {
  for (const [control, base] of [
    ["wss://host:8900/backtest", "https://host:8900"],
    ["ws://localhost:8900/backtest", "http://localhost:8900"],
    ["wss://host:8900", "https://host:8900"],
    ["wss://host/a/b/backtest", "https://host"],
    ["wss://host/backtest?a=1", "https://host"],
    ["wss://host?a=/1", "https://host"],
    ["WSS://host/backtest", "https://host"],
    ["ws://[::1]:8900/backtest", "http://[::1]:8900"],
    ["http://host:1/x", "http://host:1"],
    ["wss://ws.example/backtest", "https://ws.example"],
  ] as const) {
    test(`httpBaseUrl returns ${base} for ${control}`, () => expect(httpBaseUrl(control)).toBe(base));
  }
});

describe("the WebSocket URL of an HTTP URL", () => {
  for (const [http, ws] of [
    ["http://localhost:8899", "ws://localhost:8899"],
    ["https://api.mainnet-beta.solana.com", "wss://api.mainnet-beta.solana.com"],
    ["HTTPS://host/rpc?a=1", "wss://host/rpc?a=1"],
    ["https://http.example/http", "wss://http.example/http"],
    ["ws://host", "ws://host"],
    ["http.example/rpc", "http.example/rpc"],
  ] as const) {
    test(`httpToWsUrl returns ${ws} for ${http}`, () => expect(httpToWsUrl(http)).toBe(ws));
  }
});

describe("a session's RPC endpoint", () => {
  for (const [endpoint, url] of [
    ["/backtest/backtest_01", "https://host:1/backtest/backtest_01"],
    ["backtest/backtest_01", "https://host:1/backtest/backtest_01"],
    ["//backtest/x", "https://host:1/backtest/x"],
    ["http://other/rpc", "http://other/rpc"],
    ["https://other/rpc?x=1", "https://other/rpc?x=1"],
    ["HTTPS://other/rpc", "HTTPS://other/rpc"],
    ["httpstuff/x", "https://host:1/httpstuff/x"],
    ["", "https://host:1/"],
  ] as const) {
    test(`resolveRpcEndpoint resolves ${JSON.stringify(endpoint)} to ${url}`, () =>
      expect(resolveRpcEndpoint("https://host:1", endpoint)).toBe(url));
  }
});

describe("checkedControlUrl", () => {
  for (const [given, control] of [
    ["simulator.example", "wss://simulator.example/backtest"],
    ["  ws://localhost:8900\n", "ws://localhost:8900/backtest"],
    ["wss://host/backtest?api_key=K", "wss://host/backtest?api_key=K"],
  ] as const) {
    test(`checkedControlUrl accepts ${JSON.stringify(given)}`, () => expect(checkedControlUrl(given)).toBe(control));
  }

  for (const [given, why] of [
    ["", /expected wss:\/\/host/],
    ["   ", /expected wss:\/\/host/],
    [undefined, /expected wss:\/\/host/],
    [7, /expected wss:\/\/host/],
    [new URL("ws://host"), /expected wss:\/\/host/],
    ["my host", /is not a URL/],
    ["ws://", /is not a URL/],
    ["wss:///backtest", /is not a URL/],
    ["/", /is not a URL/],
    ["/backtest", /is not a URL/],
    ["?a=1", /is not a URL/],
    ["ws://host:99999", /is not a URL/],
    ["ws://[::1", /is not a URL/],
    ["http://host", /scheme http:/],
    ["https://host/backtest", /scheme https:/],
    ["ftp://host", /scheme ftp:/],
    ["wss://host#there", /fragment/],
    ["wss://user@host", /credentials/],
    ["wss://user:secret@host", /credentials/],
  ] as const) {
    test(`checkedControlUrl refuses ${typeof given === "string" ? JSON.stringify(given) : `a ${typeof given}`} with the reason: ${why.source}`, () => {
      const error = thrownBy(() => checkedControlUrl(given));
      expect(error).toMatchObject({ code: "invalidParams", field: "url" });
      expect(error.message).toMatch(why);
    });
  }

  for (const given of [
    "http://host/backtest?api_key=SECRET",
    "my host?api_key=SECRET",
    "ws://host:99999/?api_key=SECRET",
    "wss://SECRET@host",
    "wss://user:SECRET@my host",
    "user:SECRET@my host",
    "wss://user:SEC/SECRET@host:x",
    "wss://host#SECRET",
  ]) {
    test(`the error of checkedControlUrl for ${given} does not contain the secret`, () => {
      const error = thrownBy(() => checkedControlUrl(given));
      expect(inspect(error, { depth: 5, showHidden: true })).not.toContain("SECRET");
    });
  }
});

describe("the printable form of a URL", () => {
  for (const [url, printed] of [
    ["wss://host/backtest", "wss://host/backtest"],
    ["wss://host/backtest?api_key=K#f", "wss://host/backtest"],
    ["wss://user:K@host/x", "wss://host/x"],
    ["host?api_key=K\nmore", "host"],
  ] as const) {
    test(`withoutQuery returns ${printed} for ${JSON.stringify(url)}`, () => expect(withoutQuery(url)).toBe(printed));
  }
});
