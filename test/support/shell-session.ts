import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';

/** A shell in which commands run one after the other, as a reader pastes them. */
export interface ShellSession {
  /** Runs commands; answers what they printed. @throws Error with it, if one of them fails */
  run(commands: string): Promise<string>;
  end(): void;
}

const patienceMs = 60_000;

export function startShell(folder: string): ShellSession {
  const shell = spawn('bash', ['--noprofile', '--norc'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: folder },
  });
  let output = '';
  let wake = () => {};
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      wake();
    });
  }
  shell.once('exit', () => wake());
  shell.stdin.write('set -o pipefail; shopt -s inherit_errexit\n');

  return {
    async run(commands) {
      const marker = randomUUID();
      const from = output.length;
      // In a group of the same shell, so that what it sets stays; the first that fails ends it.
      shell.stdin.write(`set -e\n${commands}\nset +e; echo; echo '${marker}'\n`);
      const end = Date.now() + patienceMs;
      while (!output.includes(marker, from)) {
        const said = output.slice(from);
        if (shell.exitCode !== null) throw new Error(`It failed: ${commands}\n${said}`);
        if (Date.now() > end) throw new Error(`It did not end: ${commands}\n${said}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 200);
        });
      }
      return output.slice(from, output.indexOf(marker, from)).trim();
    },
    end: () => {
      shell.kill('SIGKILL');
    },
  };
}
