/**
 * Returns the environment of a VM process. Removes the debugger options from `NODE_OPTIONS`, because the parent process already
 * uses the debugger port. Keeps all other options, because a package manager may need them to find packages.
 */
export function childEnvironment({ NODE_OPTIONS, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const options = NODE_OPTIONS?.replace(/(^|\s)--(?:(?:inspect|debug)-port\s+\S+|(?:inspect|debug)\S*)/g, "").trim();
  return options === undefined || options === "" ? env : { ...env, NODE_OPTIONS: options };
}
