import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/command-failure.js";
import {
  address,
  between,
  integer,
  oneOf,
  origin,
  repeated,
  rpcUrl,
  simulatorUrl,
  slot,
  slotCount,
  slotRange,
} from "../../src/cli/values.js";

const ADDRESS = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

describe("slot()", () => {
  it.each([
    ["0", 0n],
    ["300000000", 300_000_000n],
    ["300_000_000", 300_000_000n],
    ["300,000,000", 300_000_000n],
    ["18446744073709551615", 2n ** 64n - 1n],
  ])("slot() parses %s as a slot", (text, value) => {
    expect(slot(text)).toBe(value);
  });

  it.each(["", "-1", "1.5", "1e3", "0x10", "many", " 1", "18446744073709551616", "_1", "1__0", "99999999999999999999999"])(
    "slot() refuses the text %j, which is not a u64",
    (text) => {
      expect(() => slot(text)).toThrow(InvalidArgumentError);
    },
  );
});

describe("slotCount()", () => {
  it("slotCount() parses a number of slots, and refuses 0", () => {
    expect([slotCount("1"), slotCount("10_000")]).toEqual([1n, 10_000n]);
    for (const text of ["0", "", "-1", "1.5"]) expect(() => slotCount(text)).toThrow(InvalidArgumentError);
  });
});

describe("a number within bounds", () => {
  it("the parser made by integer() accepts the minimum and the maximum", () => {
    const port = integer(0, 65_535);
    expect([port("0"), port("65535")]).toEqual([0, 65_535]);
    for (const text of ["65536", "-1", "1.5", "", "1e2"]) expect(() => port(text)).toThrow(/from 0 to 65535/);
  });

  it("the parser made by between() accepts numbers with a fraction, and refuses numbers outside its bounds", () => {
    const share = between(0, 1);
    expect([share("0"), share("0.25"), share(".5"), share("1")]).toEqual([0, 0.25, 0.5, 1]);
    for (const text of ["1.01", "-0.1", "half", "1.", ""]) expect(() => share(text)).toThrow(InvalidArgumentError);
  });
});

describe("other values", () => {
  it("the parser made by repeated() collects the values of an option in a list", () => {
    const read = repeated(slot);
    expect(read("2", read("1", undefined))).toEqual([1n, 2n]);
  });

  it("the parser made by oneOf() accepts only the given words", () => {
    expect(oneOf(["a", "b"])("b")).toBe("b");
    expect(() => oneOf(["a", "b"])("c")).toThrow("a, b");
  });

  it("address() accepts only base58 addresses of 32 bytes", () => {
    expect(address(ADDRESS)).toBe(ADDRESS);
    for (const text of ["", "abc", `${ADDRESS}x`, ADDRESS.replace("T", "0")])
      expect(() => address(text)).toThrow(InvalidArgumentError);
  });

  it("slotRange() parses START..END, and refuses a range that ends before it starts", () => {
    expect(slotRange("5..5")).toEqual({ startSlot: 5n, endSlot: 5n });
    expect(slotRange("300_000_000..300_000_009")).toEqual({ startSlot: 300_000_000n, endSlot: 300_000_009n });
    for (const text of ["", "5", "5..", "..5", "6..5", "1..2..3", "a..b"])
      expect(() => slotRange(text)).toThrow(InvalidArgumentError);
  });
});

describe("simulatorUrl", () => {
  it.each([
    ["simulator.example", "wss://simulator.example/backtest"],
    ["ws://127.0.0.1:4100", "ws://127.0.0.1:4100/backtest"],
    ["wss://h/prefix/backtest?team=1", "wss://h/prefix/backtest?team=1"],
  ])("simulatorUrl adds the missing scheme and path to %s", (text, url) => {
    expect(simulatorUrl(text)).toBe(url);
  });

  it.each(["", "http://host", "wss://", "wss://user:topsecret@host", "wss://h?api_key=topsecret", "ws://h/#topsecret"])(
    "simulatorUrl refuses the URL %j, and the error does not contain this URL",
    (text) => {
      const read = (): string => simulatorUrl(text);
      expect(read).toThrow(UsageError);
      expect(read).toThrow(/^--url: /);
      expect(read).not.toThrow(/topsecret/);
    },
  );

  it("simulatorUrl refuses a URL with a key, and the error names the environment variable for the key", () => {
    expect(() => simulatorUrl("wss://h?api_key=topsecret")).toThrow("SIMULATOR_API_KEY");
  });
});

describe("rpcUrl", () => {
  it("rpcUrl accepts only http and https URLs, and the error for another URL does not contain the URL", () => {
    expect(rpcUrl("https://node.example/?token=topsecret")).toBe("https://node.example/?token=topsecret");
    for (const text of ["", "node.example", "ws://node.example/topsecret"]) {
      expect(() => rpcUrl(text)).toThrow(UsageError);
      expect(() => rpcUrl(text)).not.toThrow(/topsecret/);
    }
  });
});

describe("origin()", () => {
  it.each([
    ["https://app.example", "https://app.example"],
    ["https://APP.example:443/", "https://app.example"],
    ["http://localhost:5173", "http://localhost:5173"],
    ["http://[::1]:80", "http://[::1]"],
  ])("origin() normalizes %s to the notation of browsers", (text, written) => {
    expect(origin(text)).toBe(written);
  });

  it.each([
    "*",
    "null",
    "app.example",
    "https://app.example/page",
    "https://app.example?x",
    "file:///x",
    "https://u:p@app.example",
    "wss://app.example",
    "",
  ])("origin() refuses the text %j, which is not the origin of a web page", (text) => {
    expect(() => origin(text)).toThrow(InvalidArgumentError);
  });
});
