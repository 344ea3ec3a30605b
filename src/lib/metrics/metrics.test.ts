import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeNeeding } from '../../../test/support/requirements.ts';
import { virtualClock } from '../../../test/support/virtual-clock.ts';
import type { Log } from '../log.ts';
import { createRunCounts } from '../sync/state/run-counts.ts';
import { createCountingLog, runFields } from './counting-log.ts';
import { createDeploymentFigures } from './deployment.ts';
import { expose } from './exposition.ts';

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const mailboxes = {
  connecting: 0,
  active: 3,
  throttled: 0,
  degraded: 0,
  reconnect_required: 1,
  consent_required: 0,
  paused: 0,
};
const deployment = { mailboxes, destinations: { ready: 1, held: 1, paused: 0 } };
const processOf = (log: ReturnType<typeof createCountingLog>) => ({
  ...log.counts,
  startedAt: new Date('2026-11-30T12:00:00Z'),
  rssBytes: 1024,
});

describe('the counting log', () => {
  it('passes every line on and counts it by level and event', () => {
    const seen: string[] = [];
    const note = (event: string) => void seen.push(event);
    const { log, counts } = createCountingLog({ info: note, warn: note, error: note });
    log.info('x.a');
    log.info('x.a', { x: 1 });
    log.warn('x.a');
    log.error('x.b', new Error('x'));
    expect(seen).toEqual(['x.a', 'x.a', 'x.a', 'x.b']);
    expect(Object.fromEntries(counts.lines)).toEqual({ 'info x.a': 2, 'warn x.a': 1, 'error x.b': 1 });
  });

  it('adds up what the runs did', () => {
    const { log, counts } = createCountingLog(silent);
    log.info('shard.finished', { polled: 2, delivered: 5, lagSeconds: 40 });
    log.info('shard.finished', { polled: 1, dead: 1 });
    expect(Object.fromEntries(counts.runs)).toMatchObject({
      runs: 2,
      polled: 3,
      delivered: 5,
      lagSeconds: 40,
      dead: 1,
    });
  });

  it('knows every count of a run but those of its delays', () => {
    const { lagMs: _, longestLagMs: __, ...plain } = createRunCounts();
    expect([...runFields].filter((field) => field !== 'lagSeconds').sort()).toEqual(Object.keys(plain).sort());
  });
});

describe('the figures of the deployment', () => {
  const world = () => {
    const clock = virtualClock();
    let reads = 0;
    let isDown = false;
    const figures = createDeploymentFigures({
      clock,
      registry: {
        list: async ({ cursor }) => {
          reads += 1;
          if (isDown) throw new Error('away');
          const shown = cursor === undefined ? 'active' : 'paused';
          return { items: [{ shown }] as never, cursor: cursor === undefined ? 'more' : undefined };
        },
      },
      destinations: { list: async () => [] },
    });
    return { clock, figures, reads: () => reads, down: (is: boolean) => (isDown = is) };
  };

  it('count the mailboxes of all pages, and are read at most once a minute', async () => {
    const { clock, figures, reads } = world();
    expect((await figures()).mailboxes).toMatchObject({ active: 1, paused: 1, degraded: 0 });
    await figures();
    expect(reads()).toBe(2);
    await clock.advance(60_000);
    await figures();
    expect(reads()).toBe(4);
  });

  it('are read again at once after a failure', async () => {
    const { figures, down } = world();
    down(true);
    await expect(figures()).rejects.toThrow('away');
    down(false);
    expect((await figures()).mailboxes.active).toBe(1);
  });
});

describe('the exposition', () => {
  const counted = () => {
    const log = createCountingLog(silent);
    log.log.warn('message.given_up');
    log.log.info('shard.finished', { polled: 2, delivered: 5 });
    return log;
  };

  it('names what is of this process alone, and what is of the deployment', async () => {
    const { body, contentType } = await expose({ process: processOf(counted()), deployment }, '');
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const line of [
      'mail_broker_process_log_lines_total{level="warn",event="message.given_up"} 1',
      'mail_broker_process_messages_delivered_total 5',
      'mail_broker_process_runs_total 1',
      'mail_broker_mailboxes{state="reconnect_required"} 1',
      'mail_broker_mailboxes{state="paused"} 0',
      'mail_broker_destinations{condition="held"} 1',
      'mail_broker_up 1',
    ]) {
      expect(body.split('\n')).toContain(line);
    }
  });

  it('still tells of the process while the tables are away', async () => {
    const { body } = await expose({ process: processOf(counted()), deployment: undefined }, '');
    expect(body).toContain('mail_broker_up 0');
    expect(body).toContain('mail_broker_process_runs_total 1');
    expect(body).not.toContain('mail_broker_mailboxes{');
  });

  it('comes as OpenMetrics on request', async () => {
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5';
    const { body, contentType } = await expose({ process: processOf(counted()), deployment }, accept);
    expect(contentType).toMatch(/^application\/openmetrics-text/);
    expect(body.trimEnd().endsWith('# EOF')).toBe(true);
  });

  it('has nothing of an earlier scrape in a later one', async () => {
    const log = counted();
    await expose({ process: processOf(log), deployment }, '');
    const { body } = await expose({ process: processOf(log), deployment }, '');
    expect(body).toContain('mail_broker_process_messages_delivered_total 5');
  });
});

describeNeeding('promtool', 'the parser of Prometheus', () => {
  const exposed = async (accept: string) => {
    const log = createCountingLog(silent);
    log.log.warn('message.given_up');
    log.log.info('shard.finished', { polled: 2, delivered: 5 });
    return (await expose({ process: processOf(log), deployment }, accept)).body;
  };
  const promtool = (args: readonly string[], input = '') =>
    execFileSync('promtool', args, { input, encoding: 'utf8', stdio: 'pipe' });

  it('reads the text, and its linter has nothing to say', async () => {
    expect(promtool(['check', 'metrics'], await exposed(''))).toBe('');
    expect(() => promtool(['check', 'metrics'], 'mail broker 1\n')).toThrow();
  });

  it('reads the OpenMetrics text, every sample of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'metrics-'));
    try {
      const text = await exposed('application/openmetrics-text');
      const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      // This command alone reads that format, and wants each sample to have a time.
      const read = (content: string) => {
        writeFileSync(join(folder, 'metrics'), content.replace(/^(?!#)(.+)$/gm, '$1 1796040000'));
        return promtool(['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'metrics'), join(folder, 'blocks')]);
      };
      const [, block = ''] = read(text).trim().split('\n');
      expect(block.split(/\s+/)[4]).toBe(String(samples.length));
      expect(() => read(text.replace('# EOF', ''))).toThrow();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
