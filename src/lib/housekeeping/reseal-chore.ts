import type { Clock } from '../domain/clock.ts';
import type { ResealProgress, ResealProgressRow } from '../store/deployment/reseal-progress.ts';
import type { Reseal, ResealReport } from '../vault/reseal.ts';
import { rootSecretName } from '../vault/root-keys.ts';
import type { Vault } from '../vault/types.ts';
import { type Chore, housekeepingEveryMs } from './housekeeping.ts';

/** Well within the five minutes that an invocation has (host.json), with the other chores beside it. */
const budgetMs = 90_000;

export interface ResealChoreDeps {
  readonly vault: Pick<Vault, 'secret'>;
  readonly reseal: Reseal;
  readonly progress: ResealProgressRow;
  readonly clock: Clock;
}

/**
 * Moves what is sealed to the newest version of the root key, where there is a newer one: rotating it requires a right
 * on that secret, and none on the tables. Continues where it stopped, and is finished when no row can need an older
 * version.
 */
export function resealChore(deps: ResealChoreDeps): Chore {
  return {
    name: 'reseal',
    everyMs: housekeepingEveryMs,
    async run() {
      const [known, { version }] = await Promise.all([deps.progress.read(), deps.vault.secret(rootSecretName)]);
      if (known?.version === version && known.done) return undefined;
      const { left, done } = await resealNow(deps);
      return { left, done: done ? 1 : 0 };
    },
  };
}

/**
 * One go at it, for at most 90 seconds, no matter who asks. @throws BrokerError, StoreError where vault or tables
 * cannot be used
 */
export async function resealNow({ reseal, progress, clock }: ResealChoreDeps): Promise<ResealProgress> {
  const over = new AbortController();
  const ended = new AbortController();
  clock.sleep(budgetMs, ended.signal).then(
    () => over.abort(),
    // Its only failure is that the work was done before.
    () => undefined,
  );
  try {
    const reached = progressOf(await reseal({ signal: over.signal }), new Date(clock.now()));
    await progress.write(reached);
    return reached;
  } finally {
    ended.abort();
  }
}

function progressOf(report: ResealReport, at: Date): ResealProgress {
  const { version, left, expiring, settledAt, done } = report;
  const kinds = report.kinds.map(({ kind, rows, left, failed, broken }) => ({
    kind,
    rows,
    left,
    failed: failed.length,
    broken: broken.length,
  }));
  return { version, at, left, kinds, expiring, settledAt, done };
}
