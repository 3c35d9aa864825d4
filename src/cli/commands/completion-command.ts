import { Argument, Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { completionScript, SHELLS, type Shell } from "../completion/completion-scripts.js";
import { completionTree } from "../completion/completion-tree.js";

const HELP = `
Examples:
  eval "$(simulator-client completion bash)"          (in ~/.bashrc)
  source <(simulator-client completion zsh)           (in ~/.zshrc, after compinit)
  simulator-client completion fish | source           (in ~/.config/fish/config.fish)

Exit codes: 0 printed, 2 invalid command line.`;

export function completionCommand({ io }: CommandContext): Command {
  return new Command("completion")
    .summary("print a script that completes commands and options in a shell")
    .description("Prints a script that lets a shell complete commands, options and their values.")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText("after", HELP)
    .action((shell: Shell, _options: object, command: Command) => {
      io.out.write(completionScript(shell, completionTree(command.parent ?? command)));
    });
}
