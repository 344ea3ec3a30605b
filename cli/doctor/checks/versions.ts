import { z } from 'zod';
import { ok } from '../../../src/lib/doctor/checks/findings.ts';
import type { Finding } from '../../../src/lib/doctor/checks/types.ts';
import { known } from '../../deploy/facts.ts';
import { paths } from '../../deploy/paths.ts';
import { isAtLeast, leastAz, leastFunc } from '../../deploy/plan/versions.ts';
import type { Run } from '../../deploy/run.ts';
import { nodeVersion } from '../../deploy/steps/region.ts';

const az = z.object({ 'azure-cli': z.string() });
const site = z.object({
  properties: z.object({
    functionAppConfig: z.object({ runtime: z.object({ name: z.string(), version: z.coerce.string() }) }).nullish(),
  }),
});

/**
 * The programs of this machine, the runtime of the app, and the build that runs against the one in this folder.
 * @param running what the app says that it is; undefined where it was not asked
 */
export async function lookAtVersions(run: Run, running: string | undefined): Promise<readonly Finding[]> {
  const { subscription } = known(run.facts, 'scope');
  const { azure, findFunc, package: clone } = run.ports;
  const { path, query } = paths.site(known(run.facts, 'scope'), known(run.facts, 'choices').names.app);
  const [azVersion, found, runtime, here] = await Promise.all([
    azure.az.read(['version']).then((answer) => az.parse(answer)['azure-cli']),
    findFunc()?.({ args: ['--version'] }),
    azure
      .arm(subscription)
      .get(path, { query })
      .then((body) => site.safeParse(body).data?.properties.functionAppConfig?.runtime),
    // A clone that was not built has none.
    clone.version().catch(() => undefined),
  ]);
  const func = found?.code === 0 ? found.stdout.trim().split('\n').at(-1) : undefined;
  return [
    tool('Azure CLI', azVersion, leastAz, 'az upgrade'),
    ...(func === undefined
      ? []
      : [tool('Azure Functions Core Tools', func, leastFunc, 'npm install --global azure-functions-core-tools@4')]),
    ...(runtime === undefined ? [] : [judgeRuntime(runtime)]),
    ...(running === undefined || here === undefined ? [] : [judgeBuild(running, here)]),
  ];
}

/** Pure. */
export function tool(name: string, version: string, least: string, update: string): Finding {
  if (isAtLeast(version, least)) return ok({ en: `It is ${version}.`, zh: `版本为 ${version}。` }, name);
  return {
    status: 'warn',
    subject: name,
    sentence: {
      en: `It is ${version}; the deploy needs ${least} or newer.`,
      zh: `版本为 ${version}；部署需要 ${least} 或更高版本。`,
    },
    remedy: { en: `Update it: ${update}.`, zh: `请更新：${update}。` },
    who: 'deployment owner',
  };
}

/** Pure. */
export function judgeRuntime({ name, version }: { readonly name: string; readonly version: string }): Finding {
  const subject = 'runtime';
  const isMeant = name === 'node' && version.split('.')[0] === nodeVersion;
  if (isMeant)
    return ok({ en: `The app runs on Node.js ${version}.`, zh: `应用运行在 Node.js ${version} 上。` }, subject);
  return {
    status: 'fail',
    subject,
    sentence: {
      en: `The app runs on ${name} ${version}, and is made for Node.js ${nodeVersion}.`,
      zh: `应用运行在 ${name} ${version} 上，而它需要 Node.js ${nodeVersion}。`,
    },
    remedy: {
      en: 'Run npm run deploy: it sets the runtime.',
      zh: '请运行 npm run deploy：它会设置运行时。',
    },
    who: 'deployment owner',
  };
}

/** Pure. */
export function judgeBuild(running: string, here: string): Finding {
  const subject = 'broker';
  if (running === here) {
    return ok(
      { en: `The app runs ${running}, the version of this folder.`, zh: `应用运行 ${running}，与此文件夹一致。` },
      subject,
    );
  }
  return {
    status: 'warn',
    subject,
    sentence: {
      en: `The app runs ${running}; this folder holds ${here}.`,
      zh: `应用运行 ${running}；此文件夹为 ${here}。`,
    },
    remedy: {
      en: 'If this folder is the newer one, npm run broker -- upgrade publishes it.',
      zh: '如果此文件夹的版本较新，可用 npm run broker -- upgrade 发布。',
    },
    who: 'deployment owner',
  };
}
