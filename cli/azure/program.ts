import { spawn } from 'node:child_process';

/** A program and the arguments that always come first. */
export interface Executable {
  readonly file: string;
  readonly args: readonly string[];
  /** Variables added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ProgramCall {
  readonly args: readonly string[];
  /** Written to its standard input, which is then closed; the way for what may be in no argument and no file. */
  readonly input?: string;
  /** Folder to run in. */
  readonly folder?: string;
  /** It talks to the person at the terminal itself (`az login`); nothing is captured. */
  readonly interactive?: boolean;
  readonly signal?: AbortSignal;
}

export interface ProgramAnswer {
  /** Exit code; -1 where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Program = (call: ProgramCall) => Promise<ProgramAnswer>;

/**
 * A program that is started without any shell: arguments arrive as they are, with spaces, quotes and `&`. For Windows
 * `executable` has to be a real one (see locate.ts): Node starts no .cmd without a shell, and cmd.exe would parse the
 * arguments again (https://github.com/Azure/azure-cli/issues/15529).
 */
export function createProgram(executable: Executable, environment: NodeJS.ProcessEnv = process.env): Program {
  return ({ args, input, folder, interactive = false, signal }) =>
    new Promise((resolve, reject) => {
      const child = spawn(executable.file, [...executable.args, ...args], {
        shell: false,
        windowsHide: true,
        stdio: interactive ? 'inherit' : 'pipe',
        env: { ...environment, ...executable.environment },
        ...(folder === undefined ? {} : { cwd: folder }),
        ...(signal === undefined ? {} : { signal }),
      });
      const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
      child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
      child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
      // A program that ends without reading its input is judged by its exit code.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input ?? '');
      child.once('error', reject);
      child.once('close', (code) =>
        resolve({
          code: code ?? -1,
          stdout: Buffer.concat(stdout).toString('utf8'),
          stderr: Buffer.concat(stderr).toString('utf8'),
        }),
      );
    });
}
