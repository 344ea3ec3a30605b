import { createServer } from 'node:net';

/**
 * What a person types once `npm run services` has written local.settings.json.
 * @param port where Core Tools are to listen
 * @param settings as they stand in the file
 * @param env of the shell, which Core Tools prefer to the file: what is set there they leave out
 */
export async function nextStep(
  port: number,
  settings: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  if (!(await isFree(port))) {
    return `But port ${port} is taken, so func start cannot listen there. End what uses it, or start this again with another port: npm run services -- --port ${port + 1}`;
  }
  const winning = Object.keys(settings).filter((name) => env[name] !== undefined && env[name] !== settings[name]);
  if (winning.length === 0) return 'Now run: func start';
  const unset = winning.map((name) => `-u ${name}`).join(' ');
  return `${winning.join(' and ')} in this shell would win over that file. Now run: env ${unset} func start`;
}

/** Core Tools listen on every address: taken on either loopback is taken. */
async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) {
    const server = createServer();
    const outcome = await new Promise<string>((resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      server.listen(port, host, () => resolve('free'));
    });
    server.close();
    // A machine without IPv6 has no ::1 to be taken.
    if (outcome === 'EADDRINUSE') return false;
  }
  return true;
}
