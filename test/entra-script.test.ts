import { describe, expect, it } from 'vitest';
import type { WantedApplication } from '../cli/entra-app/interface.ts';
import { scriptOf } from '../cli/entra-app/script.ts';
import { parsePowerShell } from './support/powershell.ts';

// The script for anyone who may register applications. No PowerShell is at hand where the tests run: it is parsed, and
// its
// commands are held against a table.

const tenant = '22222222-2222-4222-8222-222222222222';
const wanted: WantedApplication = {
  clientId: undefined,
  foreign: false,
  deploymentId: 'mail-broker-abcdefghijklm',
  displayName: 'Mail broker',
  homeTenant: tenant,
  mailboxTenant: tenant,
  deployer: { objectId: '0000000a-0000-4000-8000-000000000001', isPerson: true },
  redirectUris: ['https://mail.example/api/oauth/callback', 'https://mail.example/api/dashboard/callback'],
  audience: 'single',
  graphPermissions: [],
  opensByItself: false,
  consent: 'tenant',
};

/**
 * Commands and the parameters that we give them, as their pages list them for PowerShell 5.1 (November 2026):
 * https://learn.microsoft.com/powershell/module/microsoft.powershell.core/ and neighbours, by the name of the command.
 */
const known: Readonly<Record<string, readonly string[]>> = {
  'Add-Member': ['InputObject', 'NotePropertyName', 'NotePropertyValue'],
  'ConvertFrom-Json': ['InputObject'],
  'ConvertTo-Json': ['InputObject', 'Depth', 'Compress'],
  'Invoke-RestMethod': [],
  'Out-Null': [],
  'Select-Object': ['Unique'],
  'Start-Sleep': ['Seconds'],
  'Where-Object': ['Property', 'EQ', 'Value', 'FilterScript'],
  'Write-Host': [],
  'Write-Warning': [],
  // Its own.
  'Send-Graph': ['Method', 'Path', 'Body', 'Retry', 'Create', 'Maybe'],
  // An operator, not parameters: `-resource`, `-output` are those of az, with two dashes.
  az: [],
};

const jsonOf = (script: string): unknown => {
  const [, json] = /^ {4}\$wanted = ConvertFrom-Json -InputObject '(.*)'$/m.exec(script) ?? [];
  return JSON.parse(json ?? '');
};

describe('the script for whoever may register applications', () => {
  const script = scriptOf(wanted);
  const { commands } = parsePowerShell(script);

  it('is PowerShell 5.1, with commands and parameters that exist', () => {
    expect(commands.length).toBeGreaterThan(30);
    const faults = commands.flatMap(({ name, parameters }) => {
      // The block that all of it stands in, so that it is read whole when it is pasted.
      if (name.startsWith('{')) return [];
      const allowed = Object.hasOwn(known, name) ? known[name] : undefined;
      if (allowed === undefined) return [`${name} is not in the table`];
      return parameters
        .filter((one) => !one.startsWith('-') && !allowed.includes(one))
        .map((one) => `${name} has no parameter ${one}`);
    });
    expect(faults).toEqual([]);
  });

  it('asks Graph for what the deploy itself asks, with its methods', () => {
    const calls = commands
      .filter(({ name }) => name === 'Send-Graph')
      .map(({ text }) =>
        /-Method (\w+) -Path (?:'([^']*)'|"([^"]*)"|(\$path))/
          .exec(text)
          ?.slice(1)
          .filter((one) => one !== undefined)
          .join(' '),
      );
    expect(calls).not.toContain(undefined);
    expect(calls).toEqual([
      "GET /servicePrincipals(appId='$($service.appId)')",
      'GET $path',
      'PATCH $path',
      'GET $path',
      'GET $path',
      'PATCH $path',
      'GET $path',
      'GET /applications/$($application.id)/owners',
      'POST /applications/$($application.id)/owners/`$ref',
      'GET /servicePrincipals/$($principal.id)/appRoleAssignedTo',
      'POST /servicePrincipals/$($principal.id)/appRoleAssignedTo',
      'GET /servicePrincipals/$($principal.id)/oauth2PermissionGrants',
      'GET /servicePrincipals/$($principal.id)/appRoleAssignments',
      'PATCH /oauth2PermissionGrants/$($grant.id)',
      'POST /oauth2PermissionGrants',
      'POST /servicePrincipals/$($resource.Id)/appRoleAssignedTo',
    ]);
  });

  it('finds the application by its unique name, never by the display name, and looks before each change', () => {
    expect(script).toContain(`"/applications(uniqueName='$($wanted.uniqueName)')"`);
    expect(script).not.toMatch(/displayName eq|az ad app create|admin-consent/);
    expect(script.match(/-Create/g)?.length).toBe(2);
  });

  it('gets as far as the client id with only the right to register', () => {
    const [, last = ''] = script.split('    try {\n        # Opens the dashboard.');
    expect(last).toMatch(/\n {4}catch \{ Write-Warning .*\}\n\n {4}\$application\.appId\n\}\n$/);
  });

  it('ends with the client id', () => {
    expect(script.trimEnd().split('\n').slice(-2)).toEqual(['    $application.appId', '}']);
  });

  it('names the roles that may run it, and the tenant', () => {
    expect(script.split('\n').slice(0, 3).join('\n')).toMatch(
      /Application Developer.*Cloud Application Administrator/s,
    );
    expect(script).toContain(`in the tenant ${tenant}.`);
  });

  it('makes the person who deploys an owner, and gives them the dashboard', () => {
    expect(jsonOf(script)).toMatchObject({
      owner: wanted.deployer?.objectId,
      administrator: wanted.deployer?.objectId,
      consent: true,
      application: {
        signInAudience: 'AzureADMyOrg',
        api: { requestedAccessTokenVersion: 2 },
        web: { redirectUris: wanted.redirectUris },
      },
    });
  });

  it.each([
    [
      'a service principal deploys',
      { deployer: { objectId: 'o', isPerson: false } },
      { owner: 'o', administrator: '' },
    ],
    ['nobody knows who deploys', { deployer: undefined }, { owner: '', administrator: '' }],
    ['the mailboxes are in another tenant', { mailboxTenant: 'other' }, { administrator: '', consent: false }],
    ['the tenant is known by its domain', { homeTenant: 'contoso.example' }, { tenant: '' }],
    ['no consent is wanted', { consent: 'none' as const }, { consent: false }],
    [
      'more is wanted',
      { opensByItself: true },
      {
        services: [
          {
            permissions: expect.arrayContaining([
              { type: 'Role', value: 'IMAP.AccessAsApp', id: '5e5addcd-3e8d-4e90-baf5-964efab2b20a' },
            ]),
          },
          {},
        ],
      },
    ],
  ])('leaves out what does not fit where %s', (_what, given, json) => {
    expect(jsonOf(scriptOf({ ...wanted, ...given }))).toMatchObject(json);
  });

  it.each(["O'Brien’s ‘mail’", '$(Remove-Item /) `$x "quoted"', "'@\n& calc\n@'", 'Größe 邮件 \u2028 😀', '$env:PATH'])(
    'takes the name %j as a name',
    (displayName) => {
      const hostile = scriptOf({ ...wanted, displayName });
      expect(jsonOf(hostile)).toMatchObject({ application: { displayName } });
      // All else is the same, and nothing beyond ASCII came in.
      const withoutName = (text: string) => text.replace(/^ {4}\$wanted = .*$/m, '');
      expect(withoutName(hostile)).toBe(withoutName(script));
      expect(hostile).toMatch(/^[\x20-\x7e\n]*$/);
      expect(parsePowerShell(hostile).commands).toHaveLength(commands.length);
    },
  );
});
