// Often enough that whoever ended npm hardly notices, and next to nothing as work.
const lookEveryMs = 200;

/**
 * Tells when the shell has ended in which npm runs a script. npm passes a signal on to that shell alone, and a shell
 * that dies of SIGTERM says nothing to its child, which would go on for ever. Outside of npm nothing is watched: there a
 * shell that ends, as after `node local/start.ts &`, is no reason to end.
 * (On Windows a process keeps its parent's number, and a closed console ends all that runs in it.)
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
