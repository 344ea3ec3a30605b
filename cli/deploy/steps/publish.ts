import { join } from 'node:path';
import { z } from 'zod';
import { AzureProblem, isProblem } from '../../azure/problem.ts';
import type { ProgramAnswer } from '../../azure/program.ts';
import { problemOf } from '../../azure/sentences.ts';
import { shellLine } from '../../azure/writes.ts';
import { known } from '../facts.ts';
import { paths } from '../paths.ts';
import { type Run, waitUntil } from '../run.ts';
import { blocked, done, type Step, todo } from '../step.ts';

const listed = z.object({ name: z.string() });

/** Functions as ARM lists them, `APP/NAME`; an app that was never published has none. */
async function listFunctions(run: Run): Promise<string[]> {
  const scope = known(run.facts, 'scope');
  const { path, query } = paths.functions(scope, known(run.facts, 'choices').names.app);
  const items = await run.ports.azure
    .arm(scope.subscription)
    .list(path, { query })
    .catch((error: unknown) => (isProblem(error, 'not_found') ? [] : Promise.reject(error)));
  return items.map((item) => listed.parse(item).name.split('/').at(-1) ?? '').toSorted();
}

/** What is missing of the package's functions, and what is there that it does not have. */
export async function functionsDiffer(run: Run): Promise<string | undefined> {
  const [wanted, found] = [await run.ports.package.functions(), await listFunctions(run)];
  const missing = wanted.filter((name) => !found.includes(name));
  const foreign = found.filter((name) => !wanted.includes(name));
  if (missing.length > 0) return `missing: ${missing.join(', ')}`;
  return foreign.length > 0 ? `not of this version: ${foreign.join(', ')}` : undefined;
}

// The host reads the package and syncs its triggers; "Succeeded" without a function is a known end
// (https://github.com/Azure/azure-functions-host/issues/11915), and so is a role that does not count yet.
const listWait = { forMs: 3 * 60_000, everyMs: 10_000, saying: 'Waiting until Azure lists the functions' };
const publishForMs = 30 * 60_000;
const pauseMs = 30_000;

/** `func` waits 60 s after a good upload and then may throw all the same (its PublishFunctionAppAction.cs). */
const hasUploaded = ({ code, stdout, stderr }: ProgramAnswer): boolean =>
  code === 0 || /deployment was successful/i.test(`${stdout}\n${stderr}`);

/**
 * Publishes the package, from a folder that holds nothing else. The exit code is not the verdict: what Azure lists is,
 * compared with what the package registers. While roles spread it is tried again.
 */
export const publish: Step = {
  name: 'publish',
  title: 'The package',
  everyRun: true,
  check: async () => todo(),
  async apply(run) {
    const { clock } = run.ports;
    if (!run.whatIf) await run.ports.package.build();
    const since = clock.monotonic();
    for (;;) {
      const answer = await upload(run);
      if (run.whatIf) return undefined;
      if (hasUploaded(answer)) {
        const isComplete = async () => ((await functionsDiffer(run)) === undefined ? true : undefined);
        const complete = await waitUntil(run, listWait, isComplete);
        if (complete === true) return `${(await run.ports.package.functions()).length} functions`;
      }
      if (clock.monotonic() - since >= publishForMs) throw await notPublished(run, answer);
      run.say('Azure did not take the package, or does not show it; a role may not count yet. Trying again.');
      await clock.sleep(pauseMs, run.signal);
    }
  },
};

async function notPublished(run: Run, answer: ProgramAnswer): Promise<AzureProblem> {
  const text = `${answer.stdout}\n${answer.stderr}`.trim().slice(-1_000);
  const difference = (await functionsDiffer(run)) ?? 'the functions are those of an earlier version';
  const { facts } = problemOf({ text });
  if (hasUploaded(answer)) {
    // Seen with every documented role; the REST reference of that call names the role that grants it
    // (https://learn.microsoft.com/rest/api/storageservices/set-blob-service-properties#authorization).
    return new AzureProblem(
      'functions_not_listed',
      `Azure took the package, and does not list its functions (${difference}).`,
      'Roles may take half an hour: run this command again. If the problem persists, the host may be refused by its storage: switch on the diagnostic log of the storage account and look for a 403. At SetBlobServiceProperties (https://github.com/Azure/azure-functions-host/issues/11938) the role Storage Account Contributor on that account helps.',
      facts,
    );
  }
  return new AzureProblem(
    'publish_failed',
    `The package was not taken, or its functions are not listed (${difference}).`,
    'Roles may take half an hour: run this command again. If the problem persists, look at the log of the app (Deployments) for what Azure says.',
    facts,
  );
}

/** One upload. A program that cannot even start is an error; one that fails is looked at by the caller. */
async function upload(run: Run): Promise<ProgramAnswer> {
  return run.facts.func === undefined ? uploadByAz(run) : uploadByFunc(run);
}

async function uploadByFunc(run: Run): Promise<ProgramAnswer> {
  const { subscription } = known(run.facts, 'scope');
  const { app } = known(run.facts, 'choices').names;
  // Without --javascript func asks for local settings, which are never here.
  const args = ['azure', 'functionapp', 'publish', app, '--subscription', subscription, '--javascript'];
  run.ports.writes.told(shellLine('func', args));
  if (run.whatIf) return { code: 0, stdout: '', stderr: '' };
  const staged = await run.ports.package.stage();
  try {
    return await known(run.facts, 'func')({ args, folder: staged.folder });
  } finally {
    await staged.remove();
  }
}

async function uploadByAz(run: Run): Promise<ProgramAnswer> {
  const { subscription, group } = known(run.facts, 'scope');
  const { app } = known(run.facts, 'choices').names;
  const args = (file: string): string[] => [
    ...['functionapp', 'deployment', 'source', 'config-zip', '--resource-group', group, '--name', app],
    ...['--src', file, '--subscription', subscription],
  ];
  const good: ProgramAnswer = { code: 0, stdout: '', stderr: '' };
  const { az } = run.ports.azure;
  if (run.whatIf) {
    await az.write(args('package.zip'));
    return good;
  }
  const staged = await run.ports.package.zip();
  try {
    await az.write(args(join(staged.folder, 'package.zip')), { told: args('package.zip') });
    return good;
  } catch (error) {
    if (!(error instanceof AzureProblem) || isProblem(error, 'mfa_required', 'not_logged_in')) throw error;
    return { code: 1, stdout: '', stderr: error.facts.said ?? error.message };
  } finally {
    await staged.remove();
  }
}

// A first start loads the package from storage; people report up to 20 minutes
// (https://github.com/Azure/azure-functions-host/issues/11952).
const healthWait = { forMs: 20 * 60_000, everyMs: 10_000, saying: 'Waiting until the app answers' };

/** The app answers, and its settings hold. Asked of itself: the platform's own status says "failed" of healthy apps. */
export const health: Step = {
  name: 'health',
  title: 'The app answers',
  async check(run) {
    if (run.whatIf) return done();
    const broker = run.ports.broker(known(run.facts, 'outputs').publicUrl);
    let last = 'no answer';
    const ok = await waitUntil(run, healthWait, async () => {
      try {
        const { status, body } = await broker.call('GET', 'health');
        if (status === 200) return 'ok';
        last = JSON.stringify(body ?? status);
        return last.includes('settings_broken') ? 'broken' : undefined;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
        return undefined;
      }
    });
    if (ok === 'ok') return done(`${known(run.facts, 'outputs').publicUrl}/api/health`);
    if (ok === 'broken') {
      return blocked(
        'The app reports an invalid setting.',
        'The line settings.broken in its log (Application Insights) names each setting; fix those that you added, and run this command again.',
      );
    }
    if ((await functionsDiffer(run)) === undefined) {
      return blocked(
        `The functions are there, and the app does not answer (${last.slice(0, 200)}).`,
        // https://github.com/Azure/azure-functions-host/issues/11952, https://github.com/Azure/functions-action/issues/390
        'That was seen to be the platform (RuntimeFailed 04916, 503 of the deployment service), which recovers: run this command again in half an hour. If the problem persists, restart the app (az functionapp restart) and look at its log.',
      );
    }
    return blocked(
      `The app does not answer (${last.slice(0, 200)}).`,
      'Run this command again in some minutes. If the problem persists, look at the log of the app: the host may have no access to its storage.',
    );
  },
};
