import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages } from "./package-folder.js";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

/** A copy of an example, with its packages and the packed tarball. */
export interface ExampleFolder extends Disposable {
  readonly path: string;
}

/** Copies an example, and installs its packages. @param name the name of its folder in examples/ */
export function installExample(name: string): ExampleFolder {
  const path = mkdtempSync(join(tmpdir(), "simulator-client-example-"));
  cpSync(join(EXAMPLES, name), path, { recursive: true, filter: (source) => !/[\\/]node_modules$/.test(source) });
  installPackages(path);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }) };
}
