// @ts-check
// Prints each flag of each command of dist/cli.js as a JSON list of `COMMAND --flag`. Runs no command.
import { pathToFileURL } from "node:url";
import { Command } from "commander";

/** @param {Command} command @param {string} name @returns {string[]} */
function flagsOf(command, name) {
  const own = command.options.filter(({ hidden }) => !hidden).map(({ long }) => `${name} ${long}`.trimStart());
  return [...own, ...command.commands.flatMap((one) => flagsOf(one, `${name} ${one.name()}`.trimStart()))];
}

Command.prototype.parseAsync = function () {
  console.log(JSON.stringify(flagsOf(this, "")));
  return Promise.resolve(this);
};
await import(pathToFileURL(process.argv[2] ?? "dist/cli.js").href);
