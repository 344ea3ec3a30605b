import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What `func azure functionapp publish` packs, by the rules of Core Tools (src/Cli/func: Common/GitIgnoreParser.cs and
 * FileSystemHelpers.GetLocalFiles). They look like those of .gitignore and are not: every pattern is tried from the root
 * only, matches as a prefix, and `*` never crosses a slash.
 */
export interface Funcignore {
  accepts(path: string): boolean;
}

export interface FuncignoreOptions {
  /**
   * Core Tools before the end of 2019 took any prefix (`src` also hid `srcfile`); since then the prefix must end at the
   * boundary of a word. What we publish has to be the same by both.
   */
  readonly wordBoundary: boolean;
}

export function parseFuncignore(text: string, { wordBoundary }: FuncignoreOptions): Funcignore {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const ignored = matcher(
    lines.filter((line) => !line.startsWith('!')),
    wordBoundary,
  );
  const kept = matcher(
    lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)),
    wordBoundary,
  );
  return { accepts: (path) => kept(path) || !ignored(path) };
}

function matcher(patterns: readonly string[], wordBoundary: boolean): (path: string) => boolean {
  if (patterns.length === 0) return () => false;
  const alternatives = patterns.map((pattern) =>
    pattern
      .replace(/^\//, '')
      .replaceAll(/[-[\]/{}()+?.\\^$|]/g, '\\$&')
      .replaceAll('**', '(.+)')
      .replaceAll('*', '([^\\/]+)'),
  );
  const regex = new RegExp(`^((${alternatives.join(')|(')}))${wordBoundary ? '\\b' : ''}`);
  return (path) => regex.test(path);
}

// What Core Tools leave out regardless of .funcignore.
const neverFolders = ['.git', '.vscode'];
const neverFiles = ['.funcignore', '.gitignore', 'local.settings.json', 'project.lock.json'];

/** Paths below `folder` that would be packed, sorted. `skip` names folders of the root that need not be walked. */
export function packedFiles(folder: string, funcignore: Funcignore, skip: readonly string[] = []): string[] {
  const walk = (prefix: string): string[] =>
    readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
      const path = `${prefix}${entry.name}`;
      if (entry.isDirectory()) {
        return neverFolders.includes(entry.name.toLowerCase()) || skip.includes(path) ? [] : walk(`${path}/`);
      }
      return neverFiles.includes(entry.name.toLowerCase()) ? [] : [path];
    });
  return walk('')
    .filter((path) => funcignore.accepts(path))
    .sort();
}
