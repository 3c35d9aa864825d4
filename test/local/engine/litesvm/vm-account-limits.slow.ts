import { expect, test } from "vitest";
import type { EngineSession } from "../../../../src/local/engine/engine.js";
import type { Ledger } from "../../../../src/local/engine/ledger/ledger.js";
import { openProcess } from "../vm-process/vm-process-rig.js";
import { openSession } from "./litesvm-rig.js";
import { applyRandomOverrides } from "./random-overrides.js";

test.for<[string, (ledger: Ledger) => Promise<EngineSession>]>([
  ["in this process", openSession],
  ["in VM processes", openProcess],
])("1,000 random account overrides do not abort the VM (%s)", async ([, open]) => {
  expect(await applyRandomOverrides(1_000, "overrides", open)).toBeGreaterThan(100);
});
