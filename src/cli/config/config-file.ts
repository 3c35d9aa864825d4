import { existsSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseJson } from "../../codec/json.js";
import { fileProblem } from "../../files/file-problem.js";
import { readInputFile } from "../../files/input-file.js";
import { messageOf } from "../../protocol/error-helpers.js";
import { UsageError } from "../command-failure.js";

/** The names of configuration files, which are read from the working directory. */
const NAMES = ["simulator.config.json", "simulator.config.mjs"];

/** The values of a configuration file. */
export interface ConfigFile {
  /** The name of the file, for messages. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Reads the given configuration file. Without `file`, reads the configuration file in the working directory, and returns
 * `undefined` if there is none.
 *
 * @param file a path, relative to the working directory
 * @throws UsageError if the file cannot be read, or if there are two files
 */
export async function readConfigFile(file: string | undefined, cwd: string): Promise<ConfigFile | undefined> {
  const found = file === undefined ? NAMES.filter((name) => existsSync(resolve(cwd, name))) : [file];
  const [path] = found;
  if (path === undefined) return undefined;
  if (found.length > 1) throw new UsageError(`${found.join(" and ")} both exist: delete one of them, or use --config FILE`);
  const name = file ?? basename(path);
  const values =
    extname(path) === ".mjs" ? await importValues(name, resolve(cwd, path)) : await readJson(name, resolve(cwd, path));
  if (typeof values === "object" && values !== null && !Array.isArray(values)) return { name, values: { ...values } };
  throw new UsageError(`${name}: expected an object${extname(path) === ".mjs" ? " as the default export" : ""}`);
}

async function readJson(name: string, path: string): Promise<unknown> {
  let text: string;
  try {
    text = (await readInputFile(path)).toString("utf8");
  } catch (error) {
    throw new UsageError(fileProblem(name, error, "no such file").message);
  }
  try {
    return parseJson(text);
  } catch {
    // The message of the parser is omitted, because it quotes the file, and the file may contain a key.
    throw new UsageError(`${name}: not valid JSON`);
  }
}

async function importValues(name: string, path: string): Promise<unknown> {
  if (!existsSync(path)) throw new UsageError(`${name}: no such file`);
  try {
    const module = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as { default?: unknown };
    return module.default;
  } catch (error) {
    throw new UsageError(`${name}: ${messageOf(error)}`);
  }
}
