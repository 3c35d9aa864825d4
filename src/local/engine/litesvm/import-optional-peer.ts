import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Imports a package that is an optional peer dependency. Bundlers do not try to include the package, because its name is not a
 * literal. The comments in the `import()` suppress the warnings of webpack and Vite.
 *
 * @throws Error if the package cannot be loaded
 */
export async function importOptionalPeer(name: string): Promise<unknown> {
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
  } catch (error) {
    // Jest and some single executables do not support `import()`, so the package is loaded with `require`.
    return requirePeer(name, error);
  }
}

/**
 * Loads a package with `require`.
 *
 * @throws the error of `require` if the package is not installed, or `importError` for any other failure
 */
function requirePeer(name: string, importError: unknown): unknown {
  try {
    return createRequire(join(process.cwd(), "package.json"))(name);
  } catch (error) {
    throw (error as { code?: unknown }).code === "MODULE_NOT_FOUND" ? error : importError;
  }
}
