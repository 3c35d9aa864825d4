import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Imports a package that is an optional peer. Bundlers do not look for it: the name is not a literal, and the comments keep
 * webpack and Vite silent.
 *
 * @throws what the import throws
 */
export async function importOptionalPeer(name: string): Promise<unknown> {
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
  } catch (error) {
    // A vm context without an import callback (Jest, some single executables) has no import().
    return requirePeer(name, error);
  }
}

/** @throws `importError`, except where `require` does not find the package either */
function requirePeer(name: string, importError: unknown): unknown {
  try {
    return createRequire(join(process.cwd(), "package.json"))(name);
  } catch (error) {
    throw (error as { code?: unknown }).code === "MODULE_NOT_FOUND" ? error : importError;
  }
}
