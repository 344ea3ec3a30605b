import { describe, expect, it } from 'vitest';
import { createAz, readStderr } from './az.ts';
import type { ProgramAnswer, ProgramCall } from './program.ts';

function azOf(answer: Partial<ProgramAnswer>, whatIf = false) {
  const calls: ProgramCall[] = [];
  const told: string[] = [];
  const az = createAz(
    async (call) => {
      calls.push(call);
      return { code: 0, stdout: '', stderr: '', ...answer };
    },
    { whatIf, told: (line) => void told.push(line) },
  );
  return { az, calls, told };
}

describe('az', () => {
  it('is asked for JSON and no warnings, and answers what it printed', async () => {
    const { az, calls } = azOf({ stdout: '{"id": 1}\n' });
    expect(await az.read(['account', 'show'])).toEqual({ id: 1 });
    expect(calls[0]?.args).toEqual(['account', 'show', '--only-show-errors', '--output', 'json']);
  });

  it('passes over what it says of its compiler before the answer', async () => {
    const { az } = azOf({ stdout: 'Successfully installed Bicep CLI to "/home/ada/.azure/bin/bicep".\n{"id": 1}\n' });
    expect(await az.read(['deployment'])).toEqual({ id: 1 });
  });

  it('answers nothing where it printed nothing', async () => {
    expect(await azOf({}).az.read(['group', 'delete'])).toBeUndefined();
  });

  it('tells a change before it is made, in another form where a person would write it so', async () => {
    const { az, told, calls } = azOf({});
    await az.write(['deployment', 'create', '--parameters', '@-'], {
      input: '{"secret": 1}',
      told: ['deployment', 'create'],
    });
    expect(told).toEqual(['az deployment create']);
    expect(calls[0]?.input).toBe('{"secret": 1}');
  });

  it('changes nothing in a what-if run', async () => {
    const { az, told, calls } = azOf({}, true);
    expect(await az.write(['group', 'create'], { instead: { id: '<id>' } })).toEqual({ id: '<id>' });
    expect([calls, told]).toEqual([[], ['az group create']]);
  });

  it('says so where the answer is not JSON', async () => {
    await expect(azOf({ stdout: 'Bicep CLI version 0.30' }).az.read(['bicep', 'version'])).rejects.toMatchObject({
      code: 'az_unreadable',
    });
  });
});

describe('what az says when it refuses', () => {
  it.each([
    ["ERROR: Please run 'az login' to setup account.", 'not_logged_in'],
    ['ERROR: (AuthorizationFailed) The client does not have authorization.', 'forbidden'],
    ['ERROR: {"code": "DeploymentFailed", "details": [{"code": "SubscriptionIsOverQuotaForSku"}]}', 'quota'],
    ['ERROR: (ScopeLocked) The scope cannot perform write operation.', 'locked'],
    ["ERROR: ('Connection aborted.', ConnectionResetError(104))", 'unreachable'],
    ["ERROR: The subscription of 'x' doesn't exist in cloud 'AzureCloud'.", 'wrong_tenant'],
    ['ERROR: (RequestDisallowedByPolicy) Resource was disallowed by policy.', 'policy_denied'],
    ['ERROR: AADSTS50076: you must use multi-factor authentication', 'mfa_required'],
    ['ERROR: something that nobody has seen', 'refused'],
  ])('%s is %s', async (stderr, code) => {
    await expect(azOf({ code: 1, stderr }).az.read(['x'])).rejects.toMatchObject({ code, facts: { said: stderr } });
  });

  it('holds the command to log in by, where it demands another factor', () => {
    const stderr =
      'ERROR: (RequestDisallowedByAzure) MFA is required.\naz logout\naz login --tenant "contoso" --scope "x" --claims-challenge "eyJhIjoxfQ=="';
    expect(readStderr(stderr)).toEqual({
      azureCode: 'RequestDisallowedByAzure',
      claims: 'eyJhIjoxfQ==',
      tenant: 'contoso',
    });
  });

  it('loses what looks like a secret on the way to the person', async () => {
    const stderr = 'ERROR: failed with Bearer abcdefghijklmnop and client_secret=hunter22';
    await expect(azOf({ code: 1, stderr }).az.read(['x'])).rejects.toMatchObject({
      facts: { said: expect.not.stringMatching(/hunter22|abcdefghijklmnop/) },
    });
  });
});
