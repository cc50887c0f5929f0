/** A command for shell completion. */
export interface CompletedCommand {
  /** Words after `wsg`, separated by spaces: `report trend`. */
  readonly name: string;
  readonly flags: readonly CompletedFlag[];
  /** Possible arguments, if they can be listed. */
  readonly choices: readonly string[];
}

export interface CompletedFlag {
  readonly name: string;
  /** Possible values, if they can be listed. */
  readonly values: readonly string[];
}

/** Shells with a completion script. */
export const COMPLETION_SHELLS = ['bash', 'zsh'] as const;
export type CompletionShell = (typeof COMPLETION_SHELLS)[number];

/** zsh can run completions written for bash. */
const ZSH_HEAD = `autoload -Uz compinit bashcompinit
(( \${+functions[compdef]} )) || compinit
bashcompinit
`;

/**
 * Generates a completion script: it completes commands, flags and listed values without starting
 * `wsg`; anything else is completed as a file name.
 */
export function completionScript(shell: CompletionShell, commands: readonly CompletedCommand[]): string {
  return `${shell === 'zsh' ? ZSH_HEAD : ''}_wsg() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command=wsg words= word
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    case "$command $word" in
${commandPaths(commands)
  .map((path) => `      'wsg ${path}') command+=" $word" ;;\n`)
  .join('')}    esac
  done
  case "$command" in
    wsg) words='${[...nextWords('', commands), 'help', '--help', '--version'].join(' ')}' ;;
${commandPaths(commands)
  .map((path) => `    'wsg ${path}') words='${wordsBehind(path, commands).join(' ')}' ;;\n`)
  .join('')}  esac
  case "$command $previous" in
${commands
  .flatMap(({ name, flags }) => flags.map((flag) => ({ name, flag })))
  .filter(({ flag }) => flag.values.length > 0)
  .map(({ name, flag }) => `    'wsg ${name} --${flag.name}') words='${flag.values.join(' ')}' ;;\n`)
  .join('')}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _wsg wsg
`;
}

/** All commands and the topics above them, without duplicates. */
function commandPaths(commands: readonly CompletedCommand[]): string[] {
  const paths = commands.flatMap(({ name }) => {
    const words = name.split(' ');
    return words.map((_, index) => words.slice(0, index + 1).join(' '));
  });
  return [...new Set(paths)].sort();
}

function wordsBehind(path: string, commands: readonly CompletedCommand[]): string[] {
  const { flags = [], choices = [] } = commands.find(({ name }) => name === path) ?? {};
  return [...nextWords(`${path} `, commands), ...choices, ...flags.map(({ name }) => `--${name}`), '--help'];
}

function nextWords(prefix: string, commands: readonly CompletedCommand[]): string[] {
  return commandPaths(commands)
    .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes(' '))
    .map((path) => path.slice(prefix.length));
}
