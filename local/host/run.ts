/**
 * The host as a process of its own: `node local/host/run.ts --settings FILE [--port N] [--bundle FILE] [--host-json FILE]
 * [--verbatim]`.
 * FILE is a local.settings.json, or its `Values` alone. Prints `READY {"url": …}` when it listens, then its lines; ends on
 * SIGINT and SIGTERM, and with the process that forked it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startHost } from './host.ts';

const values = z.record(z.string(), z.string());
const settingsFile = z.union([z.object({ Values: values }).transform((file) => file.Values), values]);

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        settings: { type: 'string' },
        port: { type: 'string', default: '0' },
        bundle: { type: 'string', default: join(import.meta.dirname, '../../dist/functions.cjs') },
        'host-json': { type: 'string' },
        verbatim: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : 'The arguments are wrong.');
  }
}

function readSettings(path: string) {
  try {
    return settingsFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return fail(
      `${path} cannot be read${code}: it has to be JSON with an object "Values" of texts, or these texts alone.`,
    );
  }
}

const args = readArguments();
if (args.settings === undefined) fail('Name the file of the settings: --settings FILE');
if (!/^\d{1,5}$/.test(args.port) || Number(args.port) > 65_535) fail('--port takes a number from 0 to 65535.');
const settings = readSettings(args.settings);
// Node reads NODE_EXTRA_CA_CERTS only at its own start, where these settings were not yet known.
if (settings.NODE_EXTRA_CA_CERTS !== undefined) {
  const own = readFileSync(settings.NODE_EXTRA_CA_CERTS, 'utf8');
  setDefaultCACertificates([...getCACertificates('default'), own]);
}

try {
  const host = await startHost({
    bundle: args.bundle,
    settings,
    port: Number(args.port),
    verbatim: args.verbatim,
    queueConnectionString: settings.AzureWebJobsStorage ?? '',
    // Not console.log: the host takes the console over, and a line about a line would never end.
    out: (line) => process.stdout.write(`${line}\n`),
    ...(args['host-json'] === undefined ? {} : { hostJson: args['host-json'] }),
  });
  const stop = async () => {
    await host.stop();
    process.exit(0);
  };
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(event, () => void stop());
  console.log(`READY ${JSON.stringify({ url: host.url, port: host.port, functions: host.functions })}`);
} catch (error) {
  fail(error instanceof Error ? error.message : 'The host cannot start.');
}
