import { Command as Program } from 'commander';
import { describe, expect, it } from 'vitest';
import { addOptions, keptOptions, readOptions } from './deploy.ts';

function read(...args: string[]) {
  const program = addOptions(new Program('deploy'))
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  program.parse(args, { from: 'user' });
  return readOptions(program);
}

describe('the options of broker deploy', () => {
  it('are left open where they are not given, so that what is there stays', () => {
    const options = read();
    const open = Object.entries(options).filter(([, value]) => value === undefined);
    expect(open.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'location',
        'name',
        'memoryMb',
        'network',
        'separateTables',
        'purgeProtection',
        'credential',
        'budget',
      ]),
    );
    expect(options).toMatchObject({
      resourceGroup: 'mail-broker',
      secretDays: 180,
      consent: true,
      mailboxes: 30,
      whatIf: false,
      yes: false,
    });
  });

  it('are read', () => {
    const given = [
      ...[
        '--location',
        'westeurope',
        '--memory',
        '2048',
        '--network',
        'private',
        '--no-purge-protection',
        '--separate-tables',
      ],
      ...['--alerts', 'a@b.example', '--budget', '20', '--daily-cap', '0.5', '--credential', 'secret', '--no-consent'],
      ...['--public-url', 'https://mail.example/', '--what-if', '--yes', '--json', '--max-instances', '80'],
    ];
    expect(read(...given)).toMatchObject({
      location: 'westeurope',
      memoryMb: 2048,
      network: 'private',
      purgeProtection: false,
      separateTables: true,
      alertEmail: 'a@b.example',
      budget: 20,
      dailyCapGb: 0.5,
      credential: 'secret',
      consent: false,
      publicUrl: 'https://mail.example',
      whatIf: true,
      yes: true,
      json: true,
      maximumInstances: 80,
    });
  });

  it.each([
    ['--memory', '1024'],
    ['--network', 'vpn'],
    ['--credential', 'certificate'],
    ['--budget', '1.5'],
    ['--budget', '-1'],
    ['--max-instances', '10'],
    ['--daily-cap', 'much'],
    ['--secret-days', '0'],
    ['--colour', 'red'],
  ])('are refused where they are not what Azure takes: %s %s', (...args) => {
    expect(() => read(...args)).toThrow(/error: /);
  });
});

describe('what npm keeps for itself', () => {
  const kept = (environment: NodeJS.ProcessEnv) => keptOptions(addOptions(new Program('deploy')), environment);
  const npm = { npm_lifecycle_event: 'deploy' };

  it.each([
    ['--what-if', { npm_config_what_if: 'true' }],
    ['--destroy', { npm_config_destroy: 'true' }],
    ['--no-consent', { npm_config_consent: '' }],
    ['--client-id X', { npm_config_client_id: 'X' }],
  ])('is told, with what to type, before anything is done: %s', (option, environment) => {
    expect(kept({ ...npm, ...environment })).toContain(`Type: npm run deploy -- ${option}`);
  });

  it('is nothing where npm was not asked for it, or means a setting of its own', () => {
    expect(kept(npm)).toBeUndefined();
    expect(
      kept({ ...npm, npm_config_yes: 'true', npm_config_json: 'true', npm_config_location: 'user' }),
    ).toBeUndefined();
    expect(kept({ npm_config_what_if: 'true' })).toBeUndefined();
  });
});
