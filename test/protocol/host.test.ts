import { expect, test } from "vitest";
import { canonicalHost, hostOfAuthority, isLoopbackHost } from "../../src/protocol/host.js";

test.for([
  ["localhost", true],
  ["LOCALHOST", true],
  ["localhost.", true],
  ["app.localhost", true],
  ["127.0.0.1", true],
  ["127.0.0.1.", true],
  ["127.255.255.254", true],
  ["127.1", true],
  ["0x7f.0.0.1", true],
  ["2130706433", true],
  ["::1", true],
  ["[::1]", true],
  ["[0:0:0:0:0:0:0:1]", true],
  ["::ffff:127.0.0.1", true],
  ["[::FFFF:7f12:3456]", true],
  ["126.255.255.255", false],
  ["128.0.0.1", false],
  ["0.0.0.0", false],
  ["127.0.0.256", false],
  ["127.0.0.1.5", false],
  ["0127.0.0.1", false],
  ["::", false],
  ["::2", false],
  ["::1:1", false],
  ["[::ffff:128.0.0.1]", false],
  ["[::127.0.0.1]", false],
  ["[64:ff9b::127.0.0.1]", false],
  ["[::1%lo]", false],
  ["127.0.0.1.evil.example", false],
  ["localhost.evil.example", false],
  ["notlocalhost", false],
  ["local", false],
  ["", false],
  [".", false],
  ["127.0.0.1:80", false],
  ["a@127.0.0.1", false],
  ["127.0.0.1/", false],
  ["127.0.0.1 ", false],
  ["127。0。0。1", false],
  ["[127.0.0.1]", false],
] as const)("isLoopbackHost(%o) is %o", ([host, isLoopback]) => {
  expect(isLoopbackHost(host)).toBe(isLoopback);
});

test.for([
  ["localhost:4100", "localhost"],
  ["127.0.0.1:1", "127.0.0.1"],
  ["[::1]:65535", "[::1]"],
  ["[::1]", "[::1]"],
  ["[0:0::1]:80", "[::1]"],
  ["Simulator.Example:80", "simulator.example"],
  ["localhost:65536", undefined],
  ["localhost:", undefined],
  ["localhost:0x50", undefined],
  ["localhost:80:80", undefined],
  ["::1", undefined],
  ["::1:80", undefined],
  ["user@localhost:80", undefined],
  ["localhost/", undefined],
  ["", undefined],
  [":80", undefined],
] as const)("hostOfAuthority(%o) is %o", ([authority, host]) => {
  expect(hostOfAuthority(authority)).toBe(host);
});

test("canonicalHost returns the same text for every spelling of an address", () => {
  expect(["::1", "[::1]", "0:0:0:0:0:0:0:1"].map(canonicalHost)).toEqual(["[::1]", "[::1]", "[::1]"]);
  expect(["10.0.0.5", "::ffff:10.0.0.5", "10.5", "0xa000005"].map(canonicalHost)).toEqual(new Array(4).fill("10.0.0.5"));
  expect(canonicalHost("127.0.0.1:80")).toBeUndefined();
});
