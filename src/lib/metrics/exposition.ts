import type { Registry } from 'prom-client';
import type { LogCounts } from './counting-log.ts';
import type { DeploymentFigures } from './deployment.ts';

/** The text of `GET metrics`, and its media type. */
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/** What stands in the metrics. */
export interface Figures {
  /** Of this process, since it started. */
  readonly process: LogCounts & { readonly startedAt: Date; readonly rssBytes: number };
  /** Undefined while the tables cannot be read: a scrape still shows the process. */
  readonly deployment: DeploymentFigures | undefined;
}

/** Counters of a run by the field of its line: name and help of the metric. */
const runMetrics: Readonly<Record<string, readonly [string, string]>> = {
  runs: ['runs_total', 'Runs over a group of mailboxes.'],
  polled: ['polls_total', 'Mailboxes polled for new mail.'],
  failed: ['polls_failed_total', 'Mailboxes that could not be read.'],
  delivered: ['messages_delivered_total', 'Mails accepted by their destination.'],
  timely: ['messages_delivered_new_total', 'Delivered mails that were new.'],
  lagSeconds: ['delivery_lag_seconds_total', 'Seconds from arrival to acceptance, summed over new mails.'],
  retried: ['messages_retried_total', 'Attempts to deliver mails that had failed before.'],
  dead: ['messages_dead_total', 'Mails that were given up.'],
};

/**
 * The figures as Prometheus reads them (prometheus.io/docs/instrumenting/exposition_formats), or as OpenMetrics where
 * the caller asks for that. What starts with `mail_broker_process_` counts in this process alone and restarts with it:
 * an app that scales out has several, and a scrape meets any one of them. `mail_broker_` without it is the
 * deployment's.
 */
export async function expose(figures: Figures, accept: string): Promise<Exposition> {
  const { Counter, Gauge, Registry, openMetricsContentType, prometheusContentType } = await import('prom-client');
  const registry: Registry<string & typeof prometheusContentType> = new Registry();
  const contentType = accept.includes('application/openmetrics-text') ? openMetricsContentType : prometheusContentType;
  registry.setContentType(contentType as typeof prometheusContentType);
  const registers = [registry];

  const lines = new Counter({
    name: 'mail_broker_process_log_lines_total',
    help: 'Log lines of this process, by level and event.',
    labelNames: ['level', 'event'],
    registers,
  });
  for (const [key, count] of figures.process.lines) {
    const [level = '', event = ''] = key.split(' ');
    lines.inc({ level, event }, count);
  }
  for (const [field, count] of figures.process.runs) {
    const metric = runMetrics[field];
    if (metric === undefined) continue;
    const [name, help] = metric;
    const full = `${help} Of this process.`;
    new Counter({ name: `mail_broker_process_${name}`, help: full, registers }).inc(count);
  }
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `mail_broker_${name}`, help, labelNames, registers });
  gauge('process_start_time_seconds', 'When this process started, in seconds since 1970.').set(
    figures.process.startedAt.getTime() / 1000,
  );
  gauge('process_resident_memory_bytes', 'Resident memory of this process.').set(figures.process.rssBytes);

  const { deployment } = figures;
  gauge('up', '1 if the tables of the deployment can be read.').set(deployment === undefined ? 0 : 1);
  if (deployment !== undefined) {
    const mailboxes = gauge('mailboxes', 'Mailboxes of the deployment, by state.', ['state']);
    for (const [state, count] of Object.entries(deployment.mailboxes)) mailboxes.set({ state }, count);
    const destinations = gauge('destinations', 'Destinations of the deployment, by condition.', ['condition']);
    for (const [condition, count] of Object.entries(deployment.destinations)) destinations.set({ condition }, count);
  }
  return { contentType, body: await registry.metrics() };
}
