import { createRequire } from 'node:module';
import { Language, type Node, Parser } from 'web-tree-sitter';

const require = createRequire(import.meta.url);

/** A command that a script runs, as it is written. */
export interface PowerShellCommand {
  readonly name: string;
  /** Names of its parameters, without the dash and without a value behind a colon. */
  readonly parameters: readonly string[];
  /** True where it runs only if ShouldProcess allowed it, which -WhatIf does not. */
  readonly isGuarded: boolean;
  readonly text: string;
}

export interface PowerShellScript {
  readonly commands: readonly PowerShellCommand[];
  /** The script's own parameters. */
  readonly parameters: readonly string[];
  /** Names of members and variables that are read, such as `ImapEnabled`. */
  readonly members: readonly string[];
}

const parser = await (async () => {
  await Parser.init();
  const made = new Parser();
  made.setLanguage(await Language.load(require.resolve('tree-sitter-powershell/tree-sitter-powershell.wasm')));
  return made;
})();

const found = (node: Node, type: string): Node[] =>
  node.descendantsOfType(type).filter((one): one is Node => one !== null);

/** Reads the commands of a script. The grammar is that of PowerShell 5.1. @throws Error if it does not parse */
export function parsePowerShell(text: string): PowerShellScript {
  const root = parser.parse(text)?.rootNode;
  if (root === undefined || root.hasError) {
    const fault = root === undefined ? undefined : found(root, 'ERROR')[0];
    throw new Error(`not PowerShell: line ${(fault?.startPosition.row ?? 0) + 1}: ${fault?.text.slice(0, 80) ?? ''}`);
  }
  return {
    commands: found(root, 'command').map(command),
    parameters: found(root, 'script_parameter').map((one) => (found(one, 'variable')[0]?.text ?? '').replace('$', '')),
    members: found(root, 'member_name').map((one) => one.text),
  };
}

function command(node: Node): PowerShellCommand {
  const elements = node.childForFieldName('command_elements');
  // Those of commands within brackets are not its own.
  const own = (elements?.namedChildren ?? []).filter((child): child is Node => child?.type === 'command_parameter');
  return {
    name: node.childForFieldName('command_name')?.text ?? '',
    parameters: own.map(({ text }) => text.replace(/^-/, '').replace(/:.*$/, '')),
    isGuarded: isGuarded(node),
    text: node.text,
  };
}

/** In the block of an `if` that asks ShouldProcess; its `else` is what happens without. */
function isGuarded(node: Node): boolean {
  for (let at: Node | null = node; at?.parent != null; at = at.parent) {
    const { parent }: Node = at;
    if (parent.type !== 'if_statement' || at.type !== 'statement_block') continue;
    if (parent.childForFieldName('condition')?.text.includes('.ShouldProcess(') === true) return true;
  }
  return false;
}
