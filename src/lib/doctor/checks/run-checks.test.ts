import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { azureChecks } from '../../../../cli/doctor/look-at-azure.ts';
import { settled, virtualClock } from '../../../../test/support/virtual-clock.ts';
import { errorTable } from '../../error-codes.ts';
import { englishErrorTexts, errorTextsIn } from '../../errors/texts.ts';
import { BrokerError } from '../../errors.ts';
import { StoreError } from '../../store/table/table.ts';
import { type CheckDeps, createChecks } from '../checks.ts';
import { wordsOf, worst } from '../doctor.ts';
import { coded, failure, ok } from './findings.ts';
import { mailboxesCheck } from './mailboxes.ts';
import { eachBounded, runChecks } from './run-checks.ts';
import type { Check } from './types.ts';

const access = { isLimited: false, mailbox: () => true, destination: () => true };
const fine = ok({ en: 'Fine.', zh: '正常。' });
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

function run(...checks: Check[]) {
  const clock = virtualClock();
  const ended = runChecks(checks, access, { clock, log: quiet, limitMs: 8_000 });
  return { clock, ended };
}
const check = (name: string, work: Check['run']): Check => ({ name, run: work });

describe('checks side by side', () => {
  it('are told in their order, whichever ends first', async () => {
    const { clock, ended } = run(
      check('slow', async (report) => {
        await clock.sleep(1_000);
        report(fine);
      }),
      check('fast', async (report) => report(fine)),
    );
    await clock.advance(1_000);
    expect((await ended).map(({ check }) => check)).toEqual(['slow', 'fast']);
  });

  it('keep what one that hangs has found so far, and say that it was cut short', async () => {
    let late = (_: typeof fine) => undefined as unknown;
    const { clock, ended } = run(
      check('hangs', (report) => {
        report(fine);
        late = report;
        return new Promise(() => undefined);
      }),
    );
    await clock.advance(8_000);
    const found = await ended;
    late(fine);
    expect(found.map(({ status }) => status)).toEqual(['ok', 'unknown']);
  });

  it.each([
    ['throws at once', new BrokerError('vault_forbidden'), 'fail', 'vault_forbidden'],
    ['meets a store that is away', new StoreError('unreachable'), 'fail', 'storage_unreachable'],
    ['has a fault of its own', new TypeError('x is not a function'), 'unknown', 'internal_error'],
  ])('go on beside one that %s', async (_, error, status, code) => {
    const { ended } = run(
      check('broken', () => {
        throw error;
      }),
      check('fine', async (report) => report(fine)),
    );
    await settled();
    expect(await ended).toMatchObject([
      { check: 'broken', status, code },
      { check: 'fine', status: 'ok' },
    ]);
  });

  it('tell the others to stop when the time is over', async () => {
    let signal: AbortSignal | undefined;
    const { clock, ended } = run(
      check('hangs', (_, own) => {
        signal = own;
        return new Promise(() => undefined);
      }),
    );
    await clock.advance(8_000);
    await ended;
    expect(signal?.aborted).toBe(true);
  });
});

describe('many things of one check', () => {
  it('are looked at so many at a time, and no more once the time is over', async () => {
    const clock = virtualClock();
    const over = new AbortController();
    let running = 0;
    let most = 0;
    let done = 0;
    const work = eachBounded(Array.from({ length: 10 }), 3, over.signal, async () => {
      running += 1;
      most = Math.max(most, running);
      await clock.sleep(100);
      running -= 1;
      done += 1;
    });
    await clock.advance(100);
    over.abort();
    await clock.advance(100);
    await work;
    expect([most, done]).toEqual([3, 6]);
  });

  const row = { grant: { kind: 'app', tid: 't' }, login: 'x', folders: [], address: 'x@contoso.example' };
  const mailboxes = (count: number, shown = (_index: number) => 'active') =>
    Array.from({ length: count }, (_, index) => ({
      row: { ...row, id: `mbx_${index}` },
      state: { code: shown(index) === 'active' ? '' : 'folder_missing' },
      shown: shown(index),
    }));
  /** Mailboxes whose log-ins take as long as Exchange’s; counts how many are open at once. */
  function lookInto(items: ReturnType<typeof mailboxes>, pageSize: number) {
    const clock = virtualClock();
    const counts = { open: 0, most: 0, pages: 0 };
    const check = mailboxesCheck({
      registry: {
        list: async ({ cursor = '0' }: { cursor?: string }) => {
          counts.pages += 1;
          const end = Number(cursor) + pageSize;
          return { items: items.slice(Number(cursor), end), cursor: end < items.length ? `${end}` : undefined };
        },
      } as never,
      tokens: { of: async () => ({ accessToken: 't' }) } as never,
      probe: async () => {
        counts.open += 1;
        counts.most = Math.max(counts.most, counts.open);
        await clock.sleep(700);
        counts.open -= 1;
        return { watched: [], missing: [], folders: [] };
      },
      pollFacts: async () => new Map(),
    });
    return { clock, counts, ended: runChecks([check], access, { clock, log: quiet, limitMs: 8_000 }) };
  }

  it('are a hundred mailboxes in five rounds of twenty log-ins, and so within ten seconds', async () => {
    const { clock, counts, ended } = lookInto(mailboxes(100), 200);
    for (let round = 0; round < 5; round++) await clock.advance(700);
    expect((await ended).filter(({ status }) => status === 'ok')).toHaveLength(100);
    expect(counts).toEqual({ open: 0, most: 20, pages: 1 });
  });

  it('are read to the last page, and those in trouble are told although the time does not suffice for the rest', async () => {
    const isLast = (index: number) => index === 449;
    const { clock, counts, ended } = lookInto(
      mailboxes(450, (index) => (isLast(index) ? 'degraded' : 'active')),
      200,
    );
    for (let round = 0; round < 12; round++) await clock.advance(700);
    const found = await ended;
    expect(counts).toMatchObject({ most: 20, pages: 3 });
    expect(found[0]).toMatchObject({ subject: 'mbx_449', status: 'fail', code: 'folder_missing' });
    expect(found.at(-1)).toMatchObject({ status: 'unknown' });
    // Eleven rounds fit into eight seconds.
    expect(found.filter(({ status }) => status === 'ok')).toHaveLength(220);
  });
});

describe('the worst of all findings', () => {
  it.each([
    [['ok', 'ok'], 'ok'],
    [['ok', 'unknown'], 'warn'],
    [['warn', 'ok'], 'warn'],
    [['warn', 'fail', 'unknown'], 'fail'],
    [[], 'ok'],
  ] as const)('summarises %j as %s', (statuses, expected) => {
    expect(worst(statuses.map((status) => ({ status })))).toBe(expected);
  });
});

describe('a failure', () => {
  it('brings the sentence and remedy of its code, never the message of its cause', () => {
    const told = failure(new BrokerError('vault_unreachable', { cause: new Error('secret-text') }));
    expect(told).toMatchObject({ status: 'fail', code: 'vault_unreachable' });
    expect(wordsOf(told, 'en', englishErrorTexts)).toEqual({
      sentence: errorTable.vault_unreachable.sentence,
      remedy: errorTable.vault_unreachable.remedy,
      who: 'deployment owner',
    });
    expect(JSON.stringify(told)).not.toContain('secret-text');
  });

  it('is told in Chinese by its code, after the name of what it is about', async () => {
    const told = {
      ...coded(new BrokerError('imap_refused', { detail: 'More exactly.' })),
      name: 'ada@contoso.example',
    };
    const chinese = await errorTextsIn('zh');
    const { sentence, remedy } = chinese.of('imap_refused');
    expect(wordsOf(told, 'en', englishErrorTexts).sentence).toBe('ada@contoso.example: More exactly.');
    expect(wordsOf(told, 'zh', chinese)).toEqual({
      sentence: `ada@contoso.example：${sentence}`,
      remedy,
      who: 'tenant admin',
    });
  });
});

describe('every check', () => {
  it('has a section of its name in docs/doctor.md, in their order', () => {
    const page = readFileSync(new URL('../../../../docs/doctor.md', import.meta.url), 'utf8');
    const [ofApp = '', ofAzure = ''] = page.split(/^# .*Azure.*$/m);
    const sectionsOf = (text: string) => [...text.matchAll(/^## ([a-z-]+)$/gm)].map(([, name]) => name);
    const graphPermissions = ['Mail.ReadBasic'];
    const entra = { credential: 'secret', allowedTenants: '*', tenant: 'common', graphPermissions };
    // They are only named here; none of them is run.
    const deps = { config: { entra }, environment: {} } as unknown as CheckDeps;
    expect(sectionsOf(ofApp)).toEqual(['broker', ...createChecks(deps).map(({ name }) => name)]);
    expect(sectionsOf(ofAzure)).toEqual(azureChecks);
  });
});
