import { describe, expect, it } from 'vitest';
import type { WayName } from '../../domain/submission.ts';
import type { ErrorCode } from '../../error-codes.ts';
import type { Closed, Deferred, ReadyWay, Way } from '../../send/way.ts';
import { type Outgoing, sendingCheck } from './sending.ts';
import type { Finding } from './types.ts';

const personalTenant = '9188040d-6c67-4c5b-b112-36a304b66dad';
const shut = (code: ErrorCode): Closed => ({ kind: 'closed', code });
const busy: Deferred = { kind: 'deferred', code: 'smtp_unreachable', scope: 'account' };

/** What the doctor says of one mailbox, and by which ways it signed in, each closed again. */
async function look(
  answers: Partial<Record<WayName, 'open' | Closed | Deferred>>,
  { tid = 'tenant', sendVia = 'auto' }: { tid?: string; sendVia?: 'auto' | 'smtp' | 'graph' } = {},
) {
  const signedIn: WayName[] = [];
  let open = 0;
  const wayOf = (name: WayName, answer: 'open' | Closed | Deferred): Way => ({
    name,
    async prepare() {
      signedIn.push(name);
      if (answer !== 'open') return answer;
      open += 1;
      const ready: ReadyWay = {
        kind: 'ready',
        send: () => Promise.reject(new Error('The doctor sends nothing.')),
        close: async () => {
          open -= 1;
        },
      };
      return ready;
    },
  });
  const ways = new Map<WayName, Way>();
  for (const name of ['smtp', 'graph', 'graph_draft'] as const) {
    const answer = answers[name];
    if (answer !== undefined) ways.set(name, wayOf(name, answer));
  }
  const row = { id: 'mbx_1', address: 'ada@contoso.example', grant: { kind: 'user', tid, oid: 'ada' } };
  const outgoing: Outgoing = {
    ways,
    account: async (mailbox) => ({ mailbox, login: mailbox.address }),
    sendVia: () => sendVia,
  };
  const items = [{ row, state: undefined, shown: 'active' }];
  const check = sendingCheck({ registry: { list: async () => ({ items, cursor: undefined }) } as never, outgoing });
  const found: Finding[] = [];
  const access = { isLimited: false, mailbox: () => true, destination: () => true };
  await check.run((finding) => found.push(finding), new AbortController().signal, access);
  const [finding] = found;
  const sentence = finding !== undefined && 'sentence' in finding ? finding.sentence.en : '';
  return { status: finding?.status, code: finding?.code, sentence, signedIn, open };
}

describe('a mailbox', () => {
  it('sends over SMTP where that is open', async () => {
    expect(await look({ smtp: 'open', graph: 'open' })).toEqual({
      status: 'ok',
      code: undefined,
      sentence: 'ada@contoso.example: SMTP is open; mail goes out over it.',
      signedIn: ['smtp'],
      open: 0,
    });
  });

  it('sends over Graph where SMTP is shut', async () => {
    const told = await look({ smtp: shut('smtp_disabled_tenant'), graph: 'open', graph_draft: 'open' });
    expect(told).toMatchObject({ status: 'ok', signedIn: ['smtp', 'graph'], open: 0 });
    expect(told.sentence).toContain('SMTP is not open (smtp_disabled_tenant); mail goes out over Microsoft Graph');
  });

  it('prefers Graph for a person at Outlook.com, and still reports SMTP', async () => {
    const told = await look({ smtp: 'open', graph: 'open' }, { tid: personalTenant });
    expect(told).toMatchObject({ status: 'ok', signedIn: ['smtp', 'graph'] });
    expect(told.sentence).toContain('SMTP is open; mail goes out over Microsoft Graph');
  });

  it.each([
    ['every way is shut', { smtp: shut('smtp_disabled_mailbox'), graph: shut('send_consent_required') }, {}],
    ['there is SMTP only, and it is shut', { smtp: shut('smtp_disabled_mailbox') }, {}],
    [
      'SMTP is what the administrator wants',
      { smtp: shut('smtp_disabled_mailbox'), graph: 'open' },
      { sendVia: 'smtp' },
    ],
  ] as const)('is a warning where %s', async (_, answers, mailbox) => {
    expect(await look(answers, mailbox)).toMatchObject({ status: 'warn', code: 'smtp_disabled_mailbox', open: 0 });
  });

  it('fails where the server of its way cannot be reached, and takes no other way for that', async () => {
    expect(await look({ smtp: busy, graph: 'open' })).toMatchObject({
      status: 'fail',
      code: 'smtp_unreachable',
      signedIn: ['smtp'],
    });
  });
});
