import { type Broker, createBroker } from '../src/lib/broker.ts';
import { readConfig } from '../src/lib/config.ts';
import { consoleLog } from '../src/lib/log.ts';
import type { CommandIo } from './command.ts';
import { loadLocalSettings } from './settings.ts';

/**
 * The parts of the broker, built from the environment and local.settings.json as the app itself builds them. What the
 * parts log goes where progress goes, so that the result can be piped.
 * @throws SettingsError with all faults at once
 */
export async function composeBroker(io: CommandIo): Promise<Broker> {
  await loadLocalSettings(io.folder, io.environment);
  const log = consoleLog((_level, line) => io.err(line));
  return createBroker(readConfig(io.environment), io.environment, log);
}
