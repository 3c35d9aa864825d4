import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RpcNode, startRpcNode } from "../../../e2e/support/rpc-node.js";
import { runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();
let node: RpcNode;
let close: () => Promise<void>;

beforeAll(async () => {
  const { mkdtemp, rm } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const path = await mkdtemp(join(tmpdir(), "simulator-client-node-"));
  node = await startRpcNode({ folder: join(path, "ledger"), startSlot: 100n, endSlot: 119n, transactionsPerSlot: 2 });
  close = async () => {
    await node.close();
    await rm(path, { recursive: true, force: true });
  };
});
afterAll(() => close());

describe("capture", () => {
  it("`capture` writes the blocks and the listed accounts to a folder, and prints the result as JSON", async () => {
    await writeFile(folder.path("accounts.txt"), `# all accounts\n${node.accounts.join("\n")}\n`);
    const out = folder.path("captured");
    const { code, stdout, stderr } = await runCli([
      ...["capture", "--rpc-url", node.url, "--start-slot", "100", "--end-slot", "104", "--out", out],
      ...["--accounts-file", folder.path("accounts.txt"), "--rps", "1000", "--json"],
    ]);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ folder: out, accounts: node.accounts.length });
    expect(readdirSync(out).sort()).toEqual(expect.arrayContaining(["accounts.json", "blocks"]));
    expect(readdirSync(`${out}/blocks`).every((name) => /^10[0-4]\.json$/.test(name))).toBe(true);
  });

  it("`capture` fails at once for an unknown host, and suggests --wait only if --wait was not given", async () => {
    // Each label of a host name has at most 63 letters. The resolver refuses this invalid name without a network request.
    const url = `http://${"a".repeat(64)}.invalid`;
    const args = ["capture", "--rpc-url", url, "--start-slot", "100", "--slots", "5", "--account", node.accounts[0] ?? ""];
    const results = await Promise.all(
      [[], ["--wait"]].map((more, index) => runCli([...args, "--out", folder.path(`captured-${index}`), ...more])),
    );
    for (const { code, stderr } of results)
      expect([code, stderr]).toEqual([1, expect.stringMatching(/the host name is unknown\./)]);
    expect(results.map(({ stderr }) => stderr.includes("--wait"))).toEqual([true, false]);
  });

  it("`capture` reports its retries while a node cannot be reached, and fails when the time limit is over", async () => {
    const args = ["capture", "--rpc-url", "http://127.0.0.1:2/?api-key=secret-71", "--start-slot", "100", "--slots", "5"];
    const options = ["--account", node.accounts[0] ?? "", "--out", folder.path("captured")];
    const { code, stdout, stderr } = await runCli([...args, ...options, "--json"]);
    expect([code, JSON.parse(stdout)]).toEqual([1, { error: { code: "unreachable", message: expect.any(String) } }]);
    expect(stderr).toMatch(/^waiting for 127\.0\.0\.1:2: getMultipleAccounts: the connection was refused; attempt 2 in 0\.3 s$/m);
    expect(stderr).toMatch(
      /^error: .*127\.0\.0\.1:2: the connection was refused; \d attempts failed: .*\. Check --rpc-url .*; --wait keeps trying for up to 60 s$/m,
    );
    expect(stderr).not.toContain("secret-71");
    expect(existsSync(folder.path("captured"))).toBe(false);
  });
});
