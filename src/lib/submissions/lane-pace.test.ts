import { describe, expect, it } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../domain/duration.ts';
import type { WayName } from '../domain/submission.ts';
import { largestGraphBytes } from '../send/way.ts';
import type { ShutWay } from '../store/submissions/lane-row.ts';
import { chooseWay, type MailboxWays, shutting } from './lane-pace.ts';

const now = new Date('2026-11-30T09:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const every: readonly WayName[] = ['smtp', 'graph', 'graph_draft'];

interface Case {
  readonly mailbox?: Partial<MailboxWays>;
  readonly size?: number;
  readonly way?: WayName;
  readonly open?: readonly WayName[];
  readonly shut?: readonly ShutWay[];
}

function choose({ mailbox, size = 1000, way, open = every, shut = [] }: Case): string {
  const usual: MailboxWays = { id: 'mbx_1', sendVia: 'auto', isPersonal: false, isShared: false };
  const choice = chooseWay({ way, size }, { ...usual, ...mailbox }, { shut }, open, now);
  return 'way' in choice ? choice.way : choice.code;
}

const large = largestGraphBytes + 1;
const noSmtp = (ms: number): ShutWay => ({ way: 'smtp', code: 'smtp_disabled_tenant', at: ago(ms) });
const noGraph = (ms: number, mailboxId: string): ShutWay => ({
  way: 'graph',
  code: 'send_consent_required',
  at: ago(ms),
  mailboxId,
});

describe('the way of a message', () => {
  it.each<[string, Case, string]>([
    ['is SMTP', {}, 'smtp'],
    ['is Graph for a personal account', { mailbox: { isPersonal: true } }, 'graph'],
    [
      'is SMTP for a personal account where the deployment has no Graph',
      { mailbox: { isPersonal: true }, open: ['smtp'] },
      'smtp',
    ],
    ['is what the mailbox says', { mailbox: { sendVia: 'graph' } }, 'graph'],
    [
      'is what the mailbox says, though that is shut',
      { mailbox: { sendVia: 'smtp' }, shut: [noSmtp(0)] },
      'smtp_disabled_tenant',
    ],
    ['is Graph for a day after SMTP AUTH was found disabled', { shut: [noSmtp(23 * hourMs)] }, 'graph'],
    ['is looked at again after a day', { shut: [noSmtp(dayMs)] }, 'smtp'],
    ['is a draft for what is too large for one request', { size: large, shut: [noSmtp(0)] }, 'graph_draft'],
    ['is SMTP for what is large, where that is open', { size: large, mailbox: { isPersonal: false } }, 'smtp'],
    [
      'is SMTP for what a personal account cannot send by one request',
      { size: large, mailbox: { isPersonal: true }, open: ['smtp', 'graph'] },
      'smtp',
    ],
    [
      'is no draft in a shared mailbox',
      { size: large, mailbox: { isShared: true }, shut: [noSmtp(0)] },
      'smtp_disabled_tenant',
    ],
    [
      'is none for what is too large, and says so',
      { size: large, mailbox: { sendVia: 'graph' }, open: ['smtp', 'graph'] },
      'graph_mail_too_large',
    ],
    ['is none where the deployment has none', { mailbox: { sendVia: 'graph' }, open: ['smtp'] }, 'submission_no_way'],
    [
      'is not shut by what concerns another mailbox of the account',
      { shut: [noSmtp(0), noGraph(0, 'mbx_2')] },
      'graph',
    ],
    ['is shut by what concerns this one', { shut: [noSmtp(0), noGraph(0, 'mbx_1')] }, 'smtp_disabled_tenant'],
    [
      'is a consent that may have been given meanwhile',
      { shut: [noSmtp(hourMs), noGraph(15 * minuteMs, 'mbx_1')] },
      'graph',
    ],
    [
      'is tried again soon where no other is open, since somebody may have opened it',
      { open: ['smtp'], shut: [noSmtp(15 * minuteMs)] },
      'smtp',
    ],
    ['is not tried again at once', { open: ['smtp'], shut: [noSmtp(14 * minuteMs)] }, 'smtp_disabled_tenant'],
    ['stays once it was marked', { way: 'smtp', shut: [noSmtp(0)] }, 'smtp_disabled_tenant'],
    [
      'stays once it was marked, whatever the mailbox says now',
      { way: 'graph', mailbox: { sendVia: 'smtp' } },
      'graph',
    ],
  ])('%s', (_what, from, wanted) => {
    expect(choose(from)).toBe(wanted);
  });
});

describe('a way that is shut', () => {
  it('is noted once for the account and once for each mailbox, and forgotten after a day', () => {
    const facts = { recent: [], hours: [], hold: undefined, shut: [noSmtp(dayMs), noGraph(hourMs, 'mbx_1')] };
    const first = shutting(facts, noGraph(0, 'mbx_2'));
    expect(first.shut).toEqual([noGraph(hourMs, 'mbx_1'), noGraph(0, 'mbx_2')]);
    expect(shutting(first, noGraph(0, 'mbx_1')).shut).toEqual([noGraph(0, 'mbx_2'), noGraph(0, 'mbx_1')]);
  });
});
