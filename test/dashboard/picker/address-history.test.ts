import { describe, expect, it } from "vitest";
import { addressHistory } from "../../../demo/dashboard/picker/address-history.js";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
const DISCOVERED = "11111111111111111111111111111111";

function memory(items = new Map<string, string>()) {
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}

const used = (url: string, programs: string[] = [], discoverPrograms: string[] = []) => ({
  source: { kind: "url" as const, url, apiKey: "SECRET", auth: "query" as const },
  programs,
  discoverPrograms,
});

describe("addressHistory", () => {
  it("addressHistory restores each address once after a reload, the newest address first", () => {
    const storage = memory();
    const history = addressHistory(() => storage);
    history.add(used("ws://one/backtest", [TOKEN]));
    history.add(used("ws://two/backtest", [MEMO], [DISCOVERED]));
    history.add(used("ws://one/backtest", [TOKEN]));
    expect(addressHistory(() => storage).read()).toEqual({
      programs: [TOKEN, MEMO, DISCOVERED],
      urls: ["ws://one/backtest", "ws://two/backtest"],
    });
  });

  it("addressHistory stores no API key, neither from the key field nor from the URL", () => {
    const storage = memory();
    addressHistory(() => storage).add(used("wss://user:SECRET@host/backtest?api_key=SECRET#SECRET"));
    expect([...storage.items.values()].join()).not.toContain("SECRET");
    expect(addressHistory(() => storage).read().urls).toEqual(["wss://host/backtest"]);
  });

  it("addressHistory keeps a limited number of addresses", () => {
    const storage = memory();
    const history = addressHistory(() => storage);
    for (let index = 0; index < 20; index++) history.add(used(`ws://host-${index}/`));
    history.add(used(`ws://${"long".repeat(100)}/`));
    expect(history.read().urls).toHaveLength(10);
    expect(history.read().urls[0]).toBe("ws://host-19/");
  });

  it("addressHistory ignores invalid stored values", () => {
    for (const text of ["{", "[]", '{"programs":[1,"x"],"urls":"a"}', '{"urls":["javascript:alert(1)"]}']) {
      const storage = memory(new Map([["dashboard-addresses", text]]));
      expect(addressHistory(() => storage).read()).toEqual({ programs: [], urls: [] });
    }
  });

  it("addressHistory can be cleared, and keeps addresses in memory if the storage is unavailable", () => {
    const storage = memory();
    const history = addressHistory(() => storage);
    history.add(used("ws://one/", [TOKEN]));
    history.clear();
    expect(history.read()).toEqual({ programs: [], urls: [] });
    expect(storage.items.size).toBe(0);
    const unavailable = addressHistory(() => {
      throw new DOMException("denied", "SecurityError");
    });
    unavailable.add(used("ws://one/", [TOKEN]));
    expect(unavailable.read().programs).toEqual([TOKEN]);
    unavailable.clear();
    expect(unavailable.read().programs).toEqual([]);
  });
});
