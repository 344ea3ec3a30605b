import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type PowerShellCommand, parsePowerShell } from '../support/powershell.ts';

const path = join(import.meta.dirname, '../../infra/exchange.ps1');
const text = readFileSync(path, 'utf8');
const script = parsePowerShell(text);

/**
 * Commands of Exchange Online and the parameters that we give them, as their pages list them (November 2026):
 * https://learn.microsoft.com/powershell/module/exchangepowershell/ , by the name of the command
 */
const exchange: Readonly<Record<string, readonly string[]>> = {
  'Add-MailboxPermission': ['Identity', 'User', 'AccessRights', 'AutoMapping', 'InheritanceType', 'Confirm', 'WhatIf'],
  'Add-RecipientPermission': ['Identity', 'Trustee', 'AccessRights', 'Confirm', 'WhatIf'],
  'Connect-ExchangeOnline': ['Device', 'ShowBanner', 'UserPrincipalName', 'Organization'],
  'Get-CASMailbox': ['Identity', 'ResultSize', 'Filter'],
  'Get-ConnectionInformation': ['ConnectionId', 'ModulePrefix'],
  'Get-MailboxPermission': ['Identity', 'User', 'Owner', 'ResultSize'],
  'Get-RecipientPermission': ['Identity', 'Trustee', 'AccessRights', 'ResultSize'],
  'Get-ServicePrincipal': ['Identity'],
  'Get-TransportConfig': ['Identity'],
  'New-ServicePrincipal': ['AppId', 'ObjectId', 'DisplayName', 'Confirm', 'WhatIf'],
  'Set-CASMailbox': ['Identity', 'ImapEnabled', 'SmtpClientAuthenticationDisabled', 'Confirm', 'WhatIf'],
};

/** https://learn.microsoft.com/powershell/module/microsoft.powershell.core/ , by the name of the command. */
const core: Readonly<Record<string, readonly string[]>> = {
  'Import-Module': ['Name', 'MinimumVersion'],
  'Out-Null': [],
  'Where-Object': ['Property', 'EQ', 'Value', 'FilterScript'],
};

const common = ['ErrorAction', 'WarningAction', 'Verbose'];
const known = { ...exchange, ...core };
const isWrite = ({ name }: PowerShellCommand) => /^(Add|New|Set|Remove)-/.test(name);

/** What is wrong with the commands of a script. */
function faultsOf(commands: readonly PowerShellCommand[]): string[] {
  return commands.flatMap((command) => {
    const { name, parameters, isGuarded } = command;
    const allowed = Object.hasOwn(known, name) ? known[name] : undefined;
    if (allowed === undefined) return [`${name} is not in the table`];
    const faults = parameters
      .filter((one) => !allowed.includes(one) && !common.includes(one))
      .map((one) => `${name} has no parameter ${one}`);
    if (isWrite(command) && !isGuarded) faults.push(`${name} would run under -WhatIf`);
    // Functions of a module do not see the script's own preference.
    if (Object.hasOwn(exchange, name) && name !== 'Get-ConnectionInformation' && !parameters.includes('ErrorAction')) {
      faults.push(`${name} may fail unseen`);
    }
    return faults;
  });
}

describe('the rules for scripts', () => {
  it.each([
    ['a misspelt command', 'Get-CASMailbx -Identity $a -ErrorAction Stop', 'Get-CASMailbx is not in the table'],
    ['a misspelt parameter', 'Get-CASMailbox -Identiti $a -ErrorAction Stop', 'no parameter Identiti'],
    ['a write under -WhatIf', 'Set-CASMailbox -Identity $a -ImapEnabled $true -ErrorAction Stop', 'under -WhatIf'],
    [
      'a write in the branch that -WhatIf takes',
      "if ($PSCmdlet.ShouldProcess('a', 'b')) { } else { Set-CASMailbox -Identity $a -ErrorAction Stop }",
      'under -WhatIf',
    ],
    ['a failure that nobody sees', 'Get-CASMailbox -Identity $a', 'may fail unseen'],
    ['a command within brackets', '(Get-TransportConfg).Any', 'Get-TransportConfg'],
  ])('find %s', (_what, code, fault) => {
    expect(faultsOf(parsePowerShell(code).commands).join('\n')).toContain(fault);
  });

  it('find nothing in a write that is asked about', () => {
    const code =
      "if ($Fix -and $PSCmdlet.ShouldProcess('a', 'b')) { Set-CASMailbox -Identity $a -ImapEnabled $true -ErrorAction Stop }";
    expect(faultsOf(parsePowerShell(code).commands)).toEqual([]);
  });

  it('refuse what is not PowerShell 5.1', () => {
    expect(() => parsePowerShell('if ($a { }')).toThrow('not PowerShell');
    expect(() => parsePowerShell('$a = $b ?? $c')).toThrow('not PowerShell');
  });
});

describe('infra/exchange.ps1', () => {
  const named = (name: string) => script.commands.filter((command) => command.name === name);

  it('keeps the rules', () => {
    expect(script.commands.length).toBeGreaterThan(10);
    expect(faultsOf(script.commands)).toEqual([]);
  });

  it('registers the app, gives both rights, and can fix both switches', () => {
    const writes = script.commands.filter(isWrite).map(({ name, parameters }) => [name, ...parameters].join(' '));
    expect(writes).toEqual([
      'New-ServicePrincipal AppId ObjectId DisplayName ErrorAction',
      'Set-CASMailbox Identity ImapEnabled ErrorAction',
      'Set-CASMailbox Identity SmtpClientAuthenticationDisabled ErrorAction',
      'Add-MailboxPermission Identity User AccessRights AutoMapping ErrorAction',
      'Add-RecipientPermission Identity Trustee AccessRights Confirm ErrorAction',
    ]);
    expect(named('Add-MailboxPermission')[0]?.text).toContain('-AccessRights FullAccess');
    expect(named('Add-RecipientPermission')[0]?.text).toContain('-AccessRights SendAs');
  });

  it('looks before it writes: at the principal, at both rights, at both switches', () => {
    const order = script.commands.map(({ name }) => name);
    const inOrder = (first: string, second: string) => expect(order.indexOf(first)).toBeLessThan(order.indexOf(second));
    inOrder('Get-ServicePrincipal', 'New-ServicePrincipal');
    inOrder('Get-CASMailbox', 'Set-CASMailbox');
    inOrder('Get-MailboxPermission', 'Add-MailboxPermission');
    inOrder('Get-RecipientPermission', 'Add-RecipientPermission');
    expect(script.members).toEqual(expect.arrayContaining(['ImapEnabled', 'SmtpClientAuthenticationDisabled']));
  });

  it('asks for no service principal by a name that may be unknown, which would be answered with all of them', () => {
    for (const { parameters } of named('Get-ServicePrincipal')) expect(parameters).not.toContain('Identity');
  });

  it('supports -WhatIf, and explains each of its parameters', () => {
    expect(text).toMatch(/\[CmdletBinding\(SupportsShouldProcess\b/);
    expect(script.parameters).toEqual(['Mailbox', 'AppId', 'ObjectId', 'Person', 'ReadOnly', 'Fix']);
    for (const name of script.parameters) expect(text).toContain(`.PARAMETER ${name}\n`);
  });

  it('shows examples that name its own parameters', () => {
    const examples = [...text.matchAll(/^\.\/exchange\.ps1 (.*)$/gm)].map(([, rest = '']) => rest);
    expect(examples.length).toBeGreaterThan(2);
    for (const example of examples) {
      const given = [...example.matchAll(/(?:^|\s)-([A-Za-z]+)/g)].map(([, name = '']) => name);
      for (const name of given) expect([...script.parameters, 'WhatIf'], example).toContain(name);
    }
  });
});
