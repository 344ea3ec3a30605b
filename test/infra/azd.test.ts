import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBicep } from '../support/bicep.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const yaml = read('azure.yaml');

describe('azure.yaml', () => {
  it('has no build in Azure, and names the service by which azd finds the app', () => {
    expect(yaml).toMatch(/^services:\n {2}api:\n {4}project: \.\n {4}language: ts\n {4}host: function$/m);
    expect(yaml).toMatch(/^ {4}remoteBuild: false$/m);
    const site = parseBicep(read('infra/modules/app.bicep')).resources.find(({ symbol }) => symbol === 'site');
    expect(site?.values.get('tags')).toBe("union(tags, { 'azd-service-name': 'api' })");
  });

  it('runs the steps of the deploy on every system, with what azd knows of where', () => {
    const runs = [...yaml.matchAll(/^ +run: (node .*)$/gm)].map(([, run = '']) => run);
    expect(runs).toHaveLength(2);
    const plain = runs.map((run) => run.replaceAll('$env:', '$').replaceAll('"', ''));
    expect(plain[0]).toBe(plain[1]);
    const { outputs } = parseBicep(read('infra/azd.bicep'));
    const given = [...(plain[0] ?? '').matchAll(/\$(\w+)/g)].map(([, name]) => name);
    // azd itself knows the subscription.
    expect(given).toEqual(['AZURE_SUBSCRIPTION_ID', ...outputs.map(({ name }) => name)]);
  });

  it('publishes by these steps only', () => {
    expect(yaml).toMatch(/^workflows:\n {2}up:\n {4}steps:\n {6}- azd: restore --all\n {6}- azd: provision$/m);
    const [, predeploy = ''] = yaml.split('  predeploy:');
    expect(predeploy.match(/^ {8}exit 1$/gm)).toHaveLength(2);
  });
});

describe('infra/azd.bicep', () => {
  const { parameters, resources } = parseBicep(read('infra/azd.bicep'));

  it('makes a group with the tag of azd, and nothing else', () => {
    expect(resources.map(({ type }) => type)).toEqual(['Microsoft.Resources/resourceGroups']);
    expect(resources[0]?.values.get('tags.azd-env-name')).toBe('environmentName');
  });

  it('gets from azd each parameter that has no default', () => {
    const { parameters: given } = JSON.parse(read('infra/azd.parameters.json'));
    expect(Object.keys(given)).toEqual(parameters.filter(({ value }) => value === '').map(({ name }) => name));
  });
});
