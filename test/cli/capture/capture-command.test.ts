import { readdirSync } from "node:fs";
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
  it("capture --end-slot, --accounts-file, --rps and --json capture a range with the accounts of a file", async () => {
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
});
