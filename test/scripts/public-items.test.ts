import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeProblems, entrySources, listPublicItems } from "../../scripts/public-items.mjs";

const SOURCE = `
/** Options of a call. */
export interface CallOptions {
  /** The time limit, in ms. @default 30000 */
  timeoutMs?: number;
  /** The reason. */
  reason?: string;
  name?: string;
}

abstract class Base {
  inherited(): void {}
}

/** A client. */
export class Client extends Base {
  readonly #secret = 1;
  /** @internal */
  hidden(): number {
    return this.#secret;
  }
  /** Calls the server. */
  call(options?: CallOptions): void {
    console.log(options);
  }
}

/** An event. */
export type Event = { kind: "slot"; slot: bigint } | { kind: "end" };

export const undocumented = 1;
`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "public-items-"));
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src", "index.ts"), SOURCE);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the check of docstrings reports each public item without a docstring, and each option without a default", () => {
  expect(describeProblems(listPublicItems(["src/index.ts"], folder))).toEqual([
    'src/index.ts:7: CallOptions.reason has no @default; write "@default none" if there is none',
    "src/index.ts:8: CallOptions.name has no docstring",
    'src/index.ts:8: CallOptions.name has no @default; write "@default none" if there is none',
    "src/index.ts:12: Base.inherited has no docstring",
    "src/index.ts:29: Event.slot has no docstring",
    "src/index.ts:31: undocumented has no docstring",
  ]);
});

it("the check of docstrings reads the source of each entry in package.json", () => {
  const names = ["compare", "explain", "fleet", "geyser", "local", "local/in-page", "react", "reroute"];
  expect(entrySources().sort()).toEqual([...names.map((name) => `src/${name}/index.ts`), "src/index.ts"].sort());
});
