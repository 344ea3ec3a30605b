import { execFileSync } from 'node:child_process';

/** Files that a run of the bench writes: they say nothing of what is measured. */
const own = [':!bench/results.json', ':!bench/results.md', ':!README.md'];

/** The commit that is measured; with a `+` where files were changed and not committed, and `unknown` outside of a repository. */
export function commitNow(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      encoding: 'utf8',
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const changes = git(
      'status',
      '--porcelain',
      '--',
      ':/',
      ...own.map((path) => path.replace(':!', ':(exclude,top)')),
    );
    return `${git('rev-parse', '--short=10', 'HEAD')}${changes === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}
