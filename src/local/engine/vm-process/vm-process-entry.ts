import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SimulatorError } from "../../../protocol/simulator-error.js";

/** The file that the build creates from vm-process-main.ts. */
const ENTRY = "vm-process.js";

/**
 * Returns the path of the program that runs in a VM process. The file is in the same folder as this code or, if an application was
 * bundled, in the installed package.
 *
 * @throws SimulatorError `unsupported` if the file does not exist
 */
export function vmProcessEntry(): string {
  const found = [besideThisCode, inInstalledPackage]
    .map((locate) => locate())
    .find((path) => path !== undefined && existsSync(path));
  if (found !== undefined) return found;
  throw new SimulatorError(
    "unsupported",
    `isolation "process" needs the file ${ENTRY} of the package simulator-client: exclude the package from your bundle and install it, or use isolation "none"`,
  );
}

function besideThisCode(): string | undefined {
  // The value is a file URL in an ES module, and a path in the CommonJS build. Some bundlers set it to `undefined`.
  const here = import.meta.url as string | undefined;
  if (here === undefined) return undefined;
  return join(dirname(here.startsWith("file:") ? fileURLToPath(here) : here), ENTRY);
}

function inInstalledPackage(): string | undefined {
  try {
    const require = createRequire(join(process.cwd(), "package.json"));
    return join(dirname(require.resolve("simulator-client/package.json")), "dist", ENTRY);
  } catch {
    return undefined;
  }
}
