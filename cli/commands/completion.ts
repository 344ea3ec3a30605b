import type { Command as Program } from 'commander';
import { type AddCommand, UsageError } from '../command.ts';

/** `broker completion SHELL`: made from the commands themselves, so that it cannot fall behind them. */
export const addCompletion: AddCommand = (program, io, ended) => {
  program
    .command('completion')
    .description('print the completion for bash, zsh or powershell, to be loaded by its profile')
    .argument('<shell>', 'bash, zsh or powershell')
    .option('--json', 'one JSON object, for programs')
    .action((shell: string, { json = false }: { json?: boolean }) => {
      const script = scripts[shell];
      if (script === undefined) throw new UsageError('broker completion takes bash, zsh or powershell.');
      const lines = script(wordsOf(program));
      if (json) io.out(JSON.stringify({ shell, script: lines.join('\n') }));
      else for (const line of lines) io.out(line);
      ended(0);
    });
};

/** What may follow a path of commands, such as `mailboxes` or `mailboxes list`: `''` is the beginning. */
export type Words = ReadonlyMap<string, readonly string[]>;

/** Pure. */
export function wordsOf(program: Program, path = ''): Words {
  const options = program.options.flatMap(({ long }) => (long === null || long === undefined ? [] : [long]));
  const own = new Map([[path, [...program.commands.map((each) => each.name()), ...options, '--help']]]);
  for (const command of program.commands) {
    for (const [below, words] of wordsOf(command, `${path} ${command.name()}`.trim())) own.set(below, [...words]);
  }
  return own;
}

const scripts: Readonly<Record<string, (words: Words) => readonly string[]>> = {
  bash: (words) => [
    '_broker() {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own, not ours
    '  local current="${COMP_WORDS[COMP_CWORD]}" path="${COMP_WORDS[*]:1:COMP_CWORD-1}" words=""',
    '  case "$path" in',
    ...[...words].map(([path, next]) => `    "${path}"*) words="${next.join(' ')}" ;;`).reverse(),
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -F _broker broker',
  ],
  zsh: (words) => [
    '#compdef broker',
    '_broker() {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: zsh's own, not ours
    '  local chosen="${(j: :)words[2,CURRENT-1]}"',
    '  case "$chosen" in',
    ...[...words].map(([path, next]) => `    "${path}"*) compadd -- ${next.join(' ')} ;;`).reverse(),
    '  esac',
    '}',
    'compdef _broker broker',
  ],
  powershell: (words) => [
    'Register-ArgumentCompleter -Native -CommandName broker -ScriptBlock {',
    '  param($wordToComplete, $commandAst, $cursorPosition)',
    "  $path = (($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() }) -join ' ')",
    '  $next = switch -Wildcard ($path) {',
    ...[...words].map(([path, next]) => `    '${path}*' { '${next.join(' ')}'; break }`).reverse(),
    '  }',
    '  $next -split \' \' | Where-Object { $_ -like "$wordToComplete*" }',
    '}',
  ],
};
