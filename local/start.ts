/**
 * `npm start`: the whole world on one machine. Starts the stand-ins and the host, does the main job before your eyes,
 * prints the link for the next person and one line `READY {json}`, and serves until SIGINT or SIGTERM.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ArgumentFault } from './command-line.ts';
import { readStartArguments, type StartArguments, usage } from './demo/arguments.ts';
import { createTerminal } from './demo/terminal.ts';
import { whenShellOfNpmEnds } from './npm-shell.ts';
import type { Running } from './running.ts';
import { sentenceOf } from './sentence.ts';

// The host waits up to 10 s for what is under way, the emulator as long for its disk; then patience ends.
const endWithinMs = 25_000;

const stopping = new AbortController();
const started: Running[] = [];

let ended: Promise<never> | undefined;

/** Ends everything that was started, the last first, and then this process. */
function end(code: number, starting: Promise<unknown>): Promise<never> {
  ended ??= (async () => {
    stopping.abort();
    const patience = setTimeout(() => process.exit(1), endWithinMs);
    // What is just starting has to be up before it can be stopped.
    await Promise.race([starting.catch(() => undefined), delay(endWithinMs / 2)]);
    for (const part of started.reverse()) {
      await part.stop().catch((error: unknown) => console.error(sentenceOf(error)));
    }
    clearTimeout(patience);
    process.exit(code);
  })();
  return ended;
}

async function main(): Promise<void> {
  let args: StartArguments | undefined;
  try {
    args = readStartArguments(process.argv.slice(2));
  } catch (error) {
    console.error(sentenceOf(error));
    process.exitCode = error instanceof ArgumentFault ? 2 : 1;
    return;
  }
  if (args === undefined) {
    console.log(usage);
    return;
  }
  // Loading the world takes a moment; a mistyped option or an early Ctrl+C should not wait for it.
  const starting = import('./demo/run-world.ts').then(({ runWorld }) =>
    runWorld(args, {
      workFolder: process.cwd(),
      terminal: createTerminal(process.stdout),
      started,
      signal: stopping.signal,
    }),
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(0, starting));
  whenShellOfNpmEnds(() => void end(0, starting));
  try {
    await starting;
  } catch (error) {
    if (stopping.signal.aborted) return;
    console.error(sentenceOf(error));
    await end(1, starting);
  }
}

await main();
