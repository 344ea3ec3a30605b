import { z } from 'zod';
import type { RegisteredFunction } from './core.ts';
import { triggerOf } from './invoke.ts';
import { parseNcrontab } from './ncrontab.ts';

/** Looks up an app setting. */
export type Settings = (name: string) => string | undefined;

interface TimerSettings {
  readonly schedule: string;
  readonly runOnStartup: boolean;
  readonly useMonitor: boolean;
}

interface Bound {
  readonly registered: RegisteredFunction;
}

export interface AppBindings {
  readonly http: readonly (Bound & { readonly methods: readonly string[]; readonly route: string })[];
  readonly timers: readonly (Bound & TimerSettings)[];
  readonly queues: readonly (Bound & { readonly queueName: string; readonly connectionString: string })[];
  /** Queue outputs by the name of their function; `$return` is the binding of the returned value. */
  readonly outputs: ReadonlyMap<string, readonly QueueOutputBinding[]>;
}

export interface QueueOutputBinding {
  readonly name: string;
  readonly queueName: string;
  readonly connectionString: string;
}

const httpTrigger = z.object({ methods: z.array(z.string()), route: z.string().optional() });
const timerTrigger = z.object({
  schedule: z.string(),
  runOnStartup: z.boolean().default(false),
  useMonitor: z.boolean().default(true),
});
const queueBinding = z.object({
  // https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata
  queueName: z.string().regex(/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/, 'is not the name of a queue'),
  connection: z.string(),
});

/**
 * Reads every binding of an app and fills in `%SETTING%`.
 * @throws Error with every fault: in Azure one broken binding keeps *all* functions from being indexed
 */
export function bindingsOf(
  functions: ReadonlyMap<string, RegisteredFunction>,
  settings: Settings,
  defaultConnectionString: string,
): AppBindings {
  const faults: string[] = [];
  const http: AppBindings['http'][number][] = [];
  const timers: AppBindings['timers'][number][] = [];
  const queues: AppBindings['queues'][number][] = [];
  const outputs = new Map<string, QueueOutputBinding[]>();
  const connectionOf = (name: string): string => {
    const value = settings(name) ?? settings(`AzureWebJobs${name}`) ?? '';
    // An identity-based connection has no string of its own; the local world's queues stand in for it.
    return /AccountName=|UseDevelopmentStorage=/i.test(value) ? value : defaultConnectionString;
  };

  for (const [name, registered] of functions) {
    const read = <T>(binding: string, schema: z.ZodType<T>, value: unknown): T | undefined => {
      const filled = fill(value, settings);
      const parsed = schema.safeParse(filled.value);
      for (const setting of filled.missing) faults.push(`${name}: ${binding} needs the setting ${setting}`);
      if (filled.missing.length > 0) return undefined;
      if (parsed.success) return parsed.data;
      faults.push(...parsed.error.issues.map((issue) => `${name}: ${issue.path.join('.')} ${issue.message}`));
      return undefined;
    };
    const { retryOptions } = registered.metadata;
    if (retryOptions !== undefined) faults.push(`${name}: the local host does not know retry policies`);
    const trigger = triggerOf(registered);
    const type = trigger.binding.type.toLowerCase();
    if (type === 'httptrigger') {
      const found = read(trigger.name, httpTrigger, trigger.binding);
      // Without a route the function's name is the route.
      if (found !== undefined) http.push({ registered, methods: found.methods, route: found.route ?? name });
    } else if (type === 'timertrigger') {
      const found = read(trigger.name, timerTrigger, trigger.binding);
      if (found !== undefined) {
        try {
          parseNcrontab(found.schedule);
          timers.push({ registered, ...found });
        } catch (error) {
          faults.push(`${name}: ${error instanceof Error ? error.message : 'its schedule is wrong'}`);
        }
      }
    } else if (type === 'queuetrigger') {
      const found = read(trigger.name, queueBinding, trigger.binding);
      if (found !== undefined) {
        queues.push({ registered, queueName: found.queueName, connectionString: connectionOf(found.connection) });
      }
    } else {
      faults.push(`${name}: the local host does not know the trigger "${trigger.binding.type}"`);
    }
    for (const [bindingName, binding] of Object.entries(registered.metadata.bindings)) {
      if (binding.direction !== 'out' || binding.type.toLowerCase() === 'http') continue;
      if (binding.type.toLowerCase() !== 'queue') {
        faults.push(`${name}: the local host does not know the output "${binding.type}"`);
        continue;
      }
      const found = read(bindingName, queueBinding, binding);
      if (found === undefined) continue;
      const list = outputs.get(name) ?? [];
      outputs.set(name, list);
      list.push({ name: bindingName, queueName: found.queueName, connectionString: connectionOf(found.connection) });
    }
  }
  if (faults.length > 0)
    throw new Error(`The functions cannot be indexed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return { http, timers, queues, outputs };
}

/** Replaces `%NAME%` in every text of a binding. */
function fill(value: unknown, settings: Settings): { value: unknown; missing: string[] } {
  const missing: string[] = [];
  const replace = (part: unknown): unknown => {
    if (typeof part === 'string') {
      return part.replaceAll(/%([^%\s]+)%/g, (_, name: string) => {
        const setting = settings(name);
        if (setting === undefined) missing.push(name);
        return setting ?? '';
      });
    }
    if (Array.isArray(part)) return part.map(replace);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, replace(item)]));
  };
  return { value: replace(value), missing };
}
