import type { Completed, CompletedCommand, CompletedOption } from "./completion-tree.js";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

const PROGRAM = "simulator-client";

/** Returns a completion script for a shell. The script completes commands and options without running the program. */
export function completionScript(shell: Shell, tree: readonly CompletedCommand[]): string {
  switch (shell) {
    case "bash":
      return bashScript(tree);
    case "zsh":
      return zshScript(tree);
    case "fish":
      return fishScript(tree);
  }
}

/** Quotes a text for all three shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function namesAfter({ commands, options, value }: CompletedCommand): string[] {
  const words = value.kind === "words" ? value.words : [];
  return [...commands.map(({ name }) => name), ...words, ...options.map(({ flags: [flag = ""] }) => flag)];
}

/** Returns the branches of a shell `case` statement. The statement finds the current subcommand and skips the values of options. */
function stepCases(tree: readonly CompletedCommand[]): string[] {
  return tree.flatMap(({ path, commands, options }) => {
    const valued = options.filter(({ value }) => value.kind !== "nothing").flatMap(({ flags }) => flags);
    const steps = commands.map(
      ({ name }) => `${quote(`${path}:${name}`)}) at=${quote(path === "" ? name : `${path} ${name}`)};;`,
    );
    const skips = valued.map((flag) => quote(`${path}:${flag}`));
    return [...steps, ...(skips.length === 0 ? [] : [`${skips.join("|")}) i=$((i + 1));;`])];
  });
}

function bashScript(tree: readonly CompletedCommand[]): string {
  const values = tree.flatMap(({ path, options }) =>
    options.map((option) => bashValue(path, option)).filter((line) => line !== ""),
  );
  const nodes = tree.map(
    (node) => `${quote(node.path)}) words=${quote(namesAfter(node).join(" "))}; file=${node.value.kind === "file" ? 1 : 0};;`,
  );
  return `# bash completion of ${PROGRAM}. To load it: eval "$(${PROGRAM} completion bash)"
_simulator_client() {
  local at='' i word words='' file=0
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  # bash splits --option=value at the equals sign.
  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    [[ \${COMP_WORDS[i+1]} == '=' ]] && continue
    case "$at:$word" in
      ${stepCases(tree).join("\n      ")}
    esac
  done
  case "$at:$prev" in
    ${values.join("\n    ")}
    *)
      case "$at" in
        ${nodes.join("\n        ")}
      esac;;
  esac
  local IFS=$'\\n'
  COMPREPLY=($(IFS=' '; compgen -W "$words" -- "$cur"))
  if [[ $file == 1 && $cur != -* ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$cur"))
  fi
}
complete -F _simulator_client ${PROGRAM}
`;
}

function bashValue(path: string, { flags, value }: CompletedOption): string {
  const pattern = flags.map((flag) => quote(`${path}:${flag}`)).join("|");
  switch (value.kind) {
    case "nothing":
      return "";
    case "words":
      return `${pattern}) words=${quote(value.words.join(" "))};;`;
    case "file":
      return `${pattern}) file=1;;`;
    case "text":
      return `${pattern}) ;;`;
  }
}

function zshScript(tree: readonly CompletedCommand[]): string {
  const values = tree.flatMap(({ path, options }) =>
    options.map((option) => zshValue(path, option)).filter((line) => line !== ""),
  );
  const nodes = tree.map((node) => {
    const names = node.commands.map(({ name, description }) => zshItem(name, description));
    const flags = node.options.map(({ flags: [flag = ""], description }) => zshItem(flag, description));
    return `${quote(node.path)}) names=(${names.join(" ")}); flags=(${flags.join(" ")}); ${zshCompletion(node.value)};;`;
  });
  return `#compdef ${PROGRAM}
# zsh completion of ${PROGRAM}. To load it: source <(${PROGRAM} completion zsh)
_simulator_client() {
  local at='' i word
  local -a names flags
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    case "$at:$word" in
      ${stepCases(tree).join("\n      ")}
    esac
  done
  case "$at:\${words[CURRENT-1]}" in
    ${values.join("\n    ")}
    *)
      case "$at" in
        ${nodes.join("\n        ")}
      esac
      (( $#names )) && _describe command names
      _describe option flags;;
  esac
}
if [[ $funcstack[1] == _simulator_client ]]; then _simulator_client "$@"; else compdef _simulator_client ${PROGRAM}; fi
`;
}

/** Returns a name and its description, separated by a colon, in the format of \`_describe\`. */
function zshItem(name: string, description: string): string {
  return quote(`${name}:${description.replaceAll(":", "\\:")}`);
}

function zshValue(path: string, { flags, value }: CompletedOption): string {
  if (value.kind === "nothing") return "";
  return `${flags.map((flag) => quote(`${path}:${flag}`)).join("|")}) ${zshCompletion(value)};;`;
}

function zshCompletion(value: Completed): string {
  if (value.kind === "words") return `compadd -- ${value.words.map(quote).join(" ")}`;
  return value.kind === "file" ? "_files" : ":";
}

function fishScript(tree: readonly CompletedCommand[]): string {
  const lines = tree.flatMap(({ path, commands, options, value }) => {
    const start = `complete -c ${PROGRAM} -n ${quote(`__simulator_client_at ${quote(path)}`)}`;
    return [
      ...commands.map(({ name, description }) => `${start} -a ${name} -d ${quote(description)}`),
      ...options.map((option) => `${start} ${fishOption(option)}`),
      ...(value.kind === "words" ? [`${start} -a ${quote(value.words.join(" "))}`] : []),
      ...(value.kind === "file" ? [`${start} -F`] : []),
    ];
  });
  const steps = tree.flatMap(({ path, commands, options }) => [
    ...commands.map(({ name }) => `case ${quote(`${path}:${name}`)}; set at ${quote(path === "" ? name : `${path} ${name}`)}`),
    ...options
      .filter(({ value }) => value.kind !== "nothing")
      .map(({ flags }) => `case ${flags.map((flag) => quote(`${path}:${flag}`)).join(" ")}; set skip 1`),
  ]);
  return `# fish completion of ${PROGRAM}. To load it: ${PROGRAM} completion fish | source
function __simulator_client_at
    set -l at ''
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch "$at:$word"
            ${steps.join("\n            ")}
        end
    end
    test "$at" = "$argv[1]"
end
complete -c ${PROGRAM} -f
${lines.join("\n")}
`;
}

function fishOption({ flags, description, value }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(" ");
  const values: Record<Completed["kind"], string> = {
    nothing: "",
    file: " -r -F",
    text: " -x",
    words: value.kind === "words" ? ` -x -a ${quote(value.words.join(" "))}` : "",
  };
  return `${names}${values[value.kind]} -d ${quote(description)}`;
}
