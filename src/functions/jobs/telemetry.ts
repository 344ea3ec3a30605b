import { app } from '@azure/functions';
import { consoleLog } from '../../lib/log.ts';
import type { Telemetry } from '../../lib/telemetry/open-telemetry.ts';
import { tracedAt, traceWith } from '../../lib/trace.ts';
import { version } from '../../lib/version.ts';

/** Whether traces are wanted. Without these settings nothing is loaded. */
export const wantsTraces = (environment: Readonly<Record<string, string | undefined>>): boolean =>
  [environment.OTEL_EXPORTER_OTLP_ENDPOINT, environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT].some(
    (address) => (address ?? '').trim() !== '',
  ) && environment.OTEL_SDK_DISABLED?.trim().toLowerCase() !== 'true';

let telemetry: Telemetry | undefined;

// An app without traces works; one that does not start for their sake would not.
app.hook.appStart(async () => {
  if (!wantsTraces(process.env)) return;
  try {
    const { startOpenTelemetry } = await import('../../lib/telemetry/open-telemetry.ts');
    telemetry = startOpenTelemetry({ environment: process.env, version, tracedAt });
    traceWith(telemetry.tracer);
  } catch (error) {
    consoleLog().error('telemetry.failed', error);
  }
});

app.hook.appTerminate(async () => {
  traceWith(undefined);
  await telemetry?.stop();
});
