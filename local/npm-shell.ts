// Often enough to go unnoticed by the person who ended npm, and cheap.
const lookEveryMs = 200;

/**
 * Reports when the shell has ended in which npm runs a script. npm passes a signal on to that shell only, and a shell
 * that dies of SIGTERM does not notify its child, which would run forever. Outside of npm nothing is watched: there a
 * shell that ends, as after `node local/start.ts &`, is no reason to end. (On Windows a process keeps its parent's
 * number, and a closed console ends all that runs in it.)
 */
export function whenShellOfNpmEnds(ended: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    ended();
  }, lookEveryMs);
  timer.unref();
}
