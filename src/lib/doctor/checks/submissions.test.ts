import { beforeEach, describe, expect, it } from 'vitest';
import { mailbox, type SendingWorld, sendingWorld, startProcess } from '../../../../test/support/sending-world.ts';
import { dayMs, hourMs, minuteMs } from '../../domain/duration.ts';
import type { Registry } from '../../store/mailboxes/registry.ts';
import { readSendingFacts, type SendingFacts } from '../../store/submissions/sending-facts.ts';
import { judgeSubmissions, submissionsCheck } from './submissions.ts';
import type { Finding } from './types.ts';

const now = new Date('2026-11-30T12:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * minuteMs);
const told = (findings: readonly Finding[]) => findings.map(({ status, code }) => [status, code]);

describe('what is stored of outgoing mail', () => {
  const quiet: SendingFacts = {
    waiting: 0,
    nextAt: undefined,
    leasedUntil: undefined,
    unknown: 0,
    failed: 0,
    code: undefined,
    hold: undefined,
  };
  const hold: SendingFacts['hold'] = { code: 'submission_quota', until: ago(-30) };
  it.each<[string, Partial<SendingFacts>, unknown[]]>([
    ['is well where there is nothing', {}, []],
    ['is well while messages wait for their time', { waiting: 3, nextAt: ago(-60) }, []],
    ['is well while a run is about to come', { waiting: 3, nextAt: ago(9) }, []],
    ['is well while runs work on what is old', { waiting: 3, nextAt: ago(60), leasedUntil: ago(5) }, []],
    ['is broken where nothing ever worked on it', { waiting: 1, nextAt: ago(11) }, [['fail', undefined]]],
    ['is broken where runs ended', { waiting: 1, nextAt: ago(60), leasedUntil: ago(20) }, [['fail', undefined]]],
    [
      'says what holds it, and not that it waits',
      { waiting: 1, nextAt: ago(60), hold },
      [['warn', 'submission_quota']],
    ],
    ['says that nobody knows of some', { unknown: 2 }, [['warn', 'submission_unknown']]],
    ['says what failed', { failed: 1, code: 'submission_bounced' }, [['warn', 'submission_bounced']]],
    [
      'says all that is wrong',
      { unknown: 1, failed: 1, hold },
      [
        ['warn', 'submission_quota'],
        ['warn', 'submission_unknown'],
        ['warn', undefined],
      ],
    ],
  ])('%s', (_, facts, expected) => {
    const findings = judgeSubmissions('mbx', { ...quiet, ...facts }, now);
    expect(told(findings)).toEqual(expected);
    for (const finding of findings) expect(finding.subject).toBe('mbx');
  });
});

describe('the check of submissions', () => {
  let world: SendingWorld;
  beforeEach(async () => {
    world = await sendingWorld();
  });
  const access = { isLimited: false, mailbox: () => true, destination: () => true };

  const check = async () => {
    const registry: Pick<Registry, 'list'> = {
      list: async () => ({ items: [{ row: mailbox, state: undefined, shown: 'active' }], cursor: undefined }),
    };
    const facts: Parameters<typeof submissionsCheck>[0]['facts'] = (senders, at) =>
      readSendingFacts(world.store, senders, at);
    const found: Finding[] = [];
    const signal = new AbortController().signal;
    await submissionsCheck({ registry, facts, clock: world.clock }).run((each) => found.push(each), signal, access);
    return found;
  };
  const sentences = async () => (await check()).map((each) => ('sentence' in each ? each.sentence.en : each.detail));

  it('finds nothing where all was sent', async () => {
    const process = startProcess(world);
    await process.accept();
    await process.run();
    expect(told(await check())).toEqual([['ok', undefined]]);
    expect(await sentences()).toEqual(['No message waits to be sent.']);
  });

  it('finds what nobody works on, once it is overdue', async () => {
    await startProcess(world).accept();
    expect(await sentences()).toEqual(['Waiting to be sent: 1.']);
    await world.clock.advance(11 * minuteMs);
    expect(told(await check())).toEqual([
      ['fail', undefined],
      ['ok', undefined],
    ]);
  });

  it('finds an account that the server limits, until when', async () => {
    const process = startProcess(world);
    await process.accept();
    world.server.answers.push({ kind: 'deferred', code: 'submission_quota', scope: 'account', retryAfterMs: hourMs });
    await process.run();
    const [held] = await check();
    expect(held).toMatchObject({
      status: 'warn',
      code: 'submission_quota',
      subject: mailbox.id,
      name: mailbox.address,
    });
    expect((await sentences())[0]).toContain('Nothing is sent before 2026-11-22 13:00 UTC.');
    await world.clock.advance(hourMs);
    await process.run();
    expect(told(await check())).toEqual([['ok', undefined]]);
  });

  it('finds the hold of a whole tenant at each of its mailboxes', async () => {
    const process = startProcess(world);
    await process.accept();
    world.server.answers.push({ kind: 'deferred', code: 'submission_quota', scope: 'tenant', retryAfterMs: undefined });
    await process.run();
    expect(told(await check())[0]).toEqual(['warn', 'submission_quota']);
  });

  it('finds what failed, for a day, and what nobody knows the end of', async () => {
    const process = startProcess(world);
    world.server.answers.push({ kind: 'refused', code: 'recipient_refused', reply: '550 no', recipients: [] });
    await process.accept({ idempotencyKey: 'refused' });
    await process.run();
    world.server.answers.push('died');
    world.server.copyAfterMs = Number.POSITIVE_INFINITY;
    await process.accept({ idempotencyKey: 'lost' });
    for (let look = 0; look < 30; look++) {
      await process.run();
      await world.clock.advance(minuteMs);
    }
    expect(told(await check())).toEqual([
      ['warn', 'submission_unknown'],
      ['warn', 'recipient_refused'],
      ['ok', undefined],
    ]);
    await world.clock.advance(dayMs);
    expect(told(await check())).toEqual([
      ['warn', 'submission_unknown'],
      ['ok', undefined],
    ]);
  });
});
