import { utcMinute } from '../../../src/lib/domain/duration.ts';
import { attachmentLinkHours } from '../../../src/lib/setting-defaults.ts';
import { refusalOf } from '../../api/broker-api.ts';
import { type ResealProgress, readReseal } from '../../api/reseal.ts';
import { AzureProblem } from '../../azure/problem.ts';
import { shellLine } from '../../azure/writes.ts';
import { known } from '../../deploy/facts.ts';
import type { Run } from '../../deploy/run.ts';
import { done, type Step, skip, todo } from '../../deploy/step.ts';
import { whenSafe } from '../plan/root.ts';

// The app reads a vault every five minutes, and each go at it takes up to 90 seconds.
const patienceMs = 10 * 60_000;
const pauseMs = 10_000;

/** The *app* moves what is sealed: no person holds the vault and the tables. This asks it to, and shows how far it is. */
export const resealed: Step = {
  name: 'reseal',
  title: 'What lies under an older version, moved by the app',
  everyRun: true,
  check: async () => todo(),
  async apply(run) {
    const { publicUrl } = known(run.facts, 'outputs');
    run.ports.writes.told(
      shellLine('curl', ['-X', 'POST', `${publicUrl}/api/reseal`, '-H', 'Authorization: Bearer <admin key>']),
    );
    if (run.whatIf) return undefined;
    const progress = await moveAll(run);
    run.facts.reseal = progress;
    const broken = progress.kinds.reduce((sum, kind) => sum + kind.broken, 0);
    if (broken > 0) {
      run.facts.warnings.push(`${broken} rows open under no version at all; GET doctor and the log name them.`);
    }
    return progress.kinds.map(({ kind, rows }) => `${rows} ${kind}`).join(', ');
  },
};

/** @throws AzureProblem where for ten minutes no row was moved and some are left */
async function moveAll(run: Run): Promise<ResealProgress> {
  const { clock } = run.ports;
  const { version } = known(run.facts, 'newestVersion');
  let movedAt = clock.monotonic();
  let least = Number.POSITIVE_INFINITY;
  for (;;) {
    const { progress, said } = await askOnce(run);
    const isOurs = progress?.version === version;
    if (isOurs && progress.left === 0 && (progress.done || progress.settledAt > clock.now())) return progress;
    if (isOurs && progress.left < least) {
      least = progress.left;
      movedAt = clock.monotonic();
    }
    if (clock.monotonic() - movedAt >= patienceMs) throw stuck(progress, version, said);
    run.say(isOurs ? `The app moves what is sealed: ${progress.left} rows left` : 'Waiting until the app answers');
    await clock.sleep(pauseMs, run.signal);
  }
}

/** One call. After a lost answer the progress is read: the app continues anyway, and stores its progress. */
async function askOnce(run: Run): Promise<{ progress: ResealProgress | undefined; said: string }> {
  const broker = run.ports.broker(known(run.facts, 'outputs').publicUrl);
  const key = known(run.facts, 'adminKey');
  for (const method of ['POST', 'GET'] as const) {
    const answer = await broker.call(method, 'reseal', { key }).catch(() => undefined);
    if (answer === undefined) continue;
    const refusal = refusalOf(answer);
    if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
      throw new AzureProblem(
        'reseal_refused',
        `The broker does not move its rows: ${refusal?.code ?? `HTTP ${answer.status}`}.`,
        refusal?.remedy ?? 'Publish this version first: broker upgrade.',
      );
    }
    return { progress: readReseal(answer.body), said: refusal?.code ?? `HTTP ${answer.status}` };
  }
  return { progress: undefined, said: 'no answer' };
}

function stuck(progress: ResealProgress | undefined, version: string, said: string): AzureProblem {
  const failed = progress?.kinds.filter((kind) => kind.failed > 0).map((kind) => `${kind.failed} ${kind.kind}`) ?? [];
  const sentence =
    progress === undefined
      ? `The app does not say how far it is (${said}).`
      : progress.version !== version
        ? `The app moves to another version than the newest that is enabled (${progress.version}).`
        : `${progress.left} rows stay under an older version${failed.length === 0 ? '' : ` (${failed.join(', ')} failed)`}.`;
  return new AzureProblem(
    'reseal_stuck',
    sentence,
    'Nothing is lost while the older version is enabled. Look at GET doctor and the log of the app, then run this command again.',
  );
}

/** Says whether the older versions may go, or when. */
export const whenItIsSafe = (endLinks: boolean): Step => ({
  name: 'safe',
  title: 'Older versions may go',
  async check(run) {
    if (run.whatIf) return skip();
    const hours = Number(known(run.facts, 'existing').settings.ATTACHMENT_LINK_HOURS || attachmentLinkHours.default);
    const safety = whenSafe({
      progress: known(run.facts, 'reseal'),
      attachmentLinkHours: Number.isFinite(hours) ? hours : attachmentLinkHours.most,
      endLinks,
      now: run.ports.clock.now(),
    });
    if (safety.safe) return done(safety.note);
    const at = `${utcMinute(new Date(safety.at))} UTC`;
    run.facts.later = `Not yet: ${safety.why}. Run this command again after ${at}; until then disable nothing.`;
    return skip(`not yet: ${safety.why}; after ${at}`);
  },
});
