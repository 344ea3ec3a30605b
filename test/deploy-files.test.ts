import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageFiles } from '../cli/deploy/package/files.ts';
import { packageOf } from '../cli/deploy/package/package.ts';
import { roles } from '../cli/deploy/paths.ts';
import { choose } from '../cli/deploy/plan/choose.ts';
import { type Existing, nothingExists } from '../cli/deploy/plan/existing.ts';
import { mainParameters } from '../cli/deploy/plan/parameters.ts';
import { ownSettings, refusedSettings } from '../cli/deploy/plan/settings.ts';
import { bootstrapName, rootName } from '../cli/deploy/plan/vault-work.ts';
import { lockName } from '../cli/deploy/steps/lock.ts';
import { logRules } from '../cli/deploy/steps/price.ts';
import { credentialCodes } from '../cli/deploy/steps/reach.ts';
import { nodeVersion } from '../cli/deploy/steps/region.ts';
import { bootstrapSecretName } from '../src/lib/access/api-keys.ts';
import { errorTable } from '../src/lib/error-codes.ts';
import { plainOptions } from './support/azure/plain-options.ts';
import { parametersOf, settingsOf } from './support/azure/templates.ts';
import { packedFiles, parseFuncignore } from './support/funcignore.ts';

// What the deploy knows of other files of the repository, held against them.

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sorted = (names: Iterable<string>): string[] => [...names].toSorted();

/** Names between a line that begins a block of app.bicep and its end. */
function block(begin: string, entry: RegExp): string[] {
  const source = read('infra/modules/app.bicep');
  const from = source.indexOf(begin);
  const text = source.slice(
    from,
    source.indexOf('\n}', from) === -1 ? undefined : source.indexOf(begin.endsWith('[') ? '\n]' : '\n}', from),
  );
  return [...text.matchAll(entry)].map((match) => match[1] ?? '');
}

describe('the settings of infra/modules/app.bicep', () => {
  const own = block('var ownSettings = {', /^ {2}(\w+):/gm);

  it('are those that the deploy leaves to the template', () => {
    expect(own.length).toBeGreaterThan(15);
    expect(sorted(ownSettings)).toEqual(sorted(own));
    expect(sorted(refusedSettings)).toEqual(sorted(block('var refused = [', /^ {2}'(\w+)'/gm)));
  });

  it('are those that the model of Azure writes', () => {
    expect(sorted(Object.keys(settingsOf({}, { identity: '', vault: '', storage: '', tables: '' })))).toEqual(
      sorted(own),
    );
  });
});

describe('the parameters of infra/main.bicep', () => {
  it('are given by the deploy, but for those that it leaves to their defaults', () => {
    const empty: Existing = {
      ...nothingExists,
      group: { location: 'westeurope', tags: { 'azd-env-name': 'prod' } },
      settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1' },
    };
    const choices = choose(
      { ...plainOptions, budget: 1 },
      { subscription: 's', mailboxTenant: 't', existing: empty, now: 0 },
    );
    if ('faults' in choices) throw new Error(choices.faults.join());
    const given = mainParameters({ choices, clientId: 'c', credential: 'secret', recoverVault: false });
    const left = [...parametersOf('main.bicep').keys()].filter((name) => !(name in given));
    // The first is free of charge at 30 days; the deploy opens the door in the firewall by a change of the vault alone.
    expect(left).toEqual(['vaultAllowedAddresses', 'logRetentionDays']);
  });
});

describe('what is published', () => {
  it.each([{ wordBoundary: true }, { wordBoundary: false }])(
    'is the same list as Core Tools take with .funcignore (%o)',
    (generation) => {
      const funcignore = parseFuncignore(read('.funcignore'), generation);
      expect(packageFiles(root)).toEqual(sorted(packedFiles(root, funcignore, ['node_modules'])));
    },
  );

  it('lies in a folder of its own, without anything of a developer’s machine', async () => {
    const staged = await packageOf(root).stage();
    const found = readdirSync(staged.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(found).toHaveLength(staged.files.length);
    await staged.remove();
  });

  it('says which build it is, by a number and a hash of what was built', async () => {
    const said = await packageOf(root).version();
    expect(said).toMatch(/^\d+\.\d+\.\d+\+[0-9a-f]{8}$/);
    expect(said).not.toMatch(/00000000$/);
  });

  it('registers the functions that Azure has to list', async () => {
    const names = await packageOf(root).functions();
    expect(names).toEqual(expect.arrayContaining(['dispatch', 'work', 'housekeeping']));
    // What the deploy itself calls (cli/deploy/steps and report.ts).
    expect(names).toEqual(expect.arrayContaining(['doctor', 'health', 'key', 'keys', 'tenant-consent-links']));
  });
});

describe('names that two places have to agree on', () => {
  it('are the same', () => {
    expect(bootstrapName).toBe(bootstrapSecretName);
    expect(read('infra/secret-roles.bicep')).toContain(`'${rootName}', '${bootstrapName}'`);
    expect(read('infra/secret-roles.bicep')).toContain(roles.keyVaultSecretsUser);
    expect(read('infra/lock.bicep')).toContain(`'${lockName}'`);
    expect(read('infra/modules/app.bicep')).toContain(`runtime: { name: 'node', version: '${nodeVersion}' }`);
    expect([
      ...read('infra/modules/alerts.bicep').matchAll(/'Microsoft\.Insights\/scheduledQueryRules@/g),
    ]).toHaveLength(logRules);
    for (const code of credentialCodes) expect(Object.keys(errorTable)).toContain(code);
  });
});
