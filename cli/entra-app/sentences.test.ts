import { describe, expect, it } from 'vitest';
import { problemOf, type Refusal } from '../azure/sentences.ts';
import { isNameProblem, isNameTaken, isStillSpreading, isThereAlready, spreadMs, whileSpreading } from './sentences.ts';

// As people show them in the threads that sentences.ts names.
const spreading: readonly Refusal[] = [
  {
    status: 404,
    azureCode: 'Request_ResourceNotFound',
    text: "Resource '1639f4e8' does not exist or one of its queried reference-property objects are not present.",
  },
  {
    status: 400,
    azureCode: 'Request_BadRequest',
    text: "Resource '1639f4e8' does not exist or one of its queried reference-property objects are not present.",
  },
  {
    status: 400,
    azureCode: 'Request_BadRequest',
    text: "The appId 'a3177365' of the service principal does not reference a valid application object.",
  },
  {
    status: 403,
    azureCode: 'Authorization_RequestDenied',
    text: 'When using this permission, the backing application of the service principal being created must in the local tenant',
  },
  { status: 400, azureCode: 'Request_BadRequest', text: 'Not a valid reference update.' },
  { status: 400, azureCode: 'Request_BadRequest', text: 'Permission being assigned was not found on application' },
];
const there: readonly Refusal[] = [
  { status: 409, azureCode: 'Request_MultipleObjectsWithSameKeyValue', text: 'Permission entry already exists.' },
  { status: 400, azureCode: 'Request_BadRequest', text: 'Permission being assigned already exists on the object' },
  { status: 400, azureCode: 'Request_BadRequest', text: 'EntitlementGrant entry already exists' },
  {
    status: 400,
    azureCode: 'InvalidFederatedIdentityCredentialValue',
    text: 'The combination of issuer and subject must be unique for the application.',
  },
];
const taken: Refusal = {
  status: 400,
  azureCode: 'Request_BadRequest',
  text: 'Another object with the same value for property uniqueName already exists.',
};
const denied: Refusal = {
  status: 403,
  azureCode: 'Authorization_RequestDenied',
  text: 'Insufficient privileges to complete the operation.',
};

describe('what Graph says', () => {
  const { when, forMs } = whileSpreading(spreadMs, () => undefined);

  it.each(spreading)('means that something new still spreads: $status $text', (refusal) => {
    expect(when(refusal)).toBe(true);
    expect(isStillSpreading(problemOf(refusal))).toBe(true);
    expect(isThereAlready(problemOf(refusal))).toBe(false);
  });

  it.each(there)('means that it is there already: $text', (refusal) => {
    expect(isThereAlready(problemOf(refusal))).toBe(true);
    expect(when(refusal)).toBe(false);
  });

  it('means that a name is taken', () => {
    expect([isNameTaken(taken), isNameProblem(problemOf(taken))]).toEqual([true, true]);
    expect([when(taken), isThereAlready(problemOf(taken))]).toEqual([false, false]);
  });

  it('means that a right is missing, which no waiting helps', () => {
    expect([when(denied), isThereAlready(problemOf(denied)), isNameTaken(denied)]).toEqual([false, false, false]);
    expect(problemOf(denied).code).toBe('forbidden');
  });

  it.each([
    [
      'CredentialInvalidLifetimeAsPerAppPolicy',
      "Credential lifetime exceeds the max value allowed as per assigned policy '538f1913'.",
      'secret_lifetime',
    ],
    [
      'CredentialTypeNotAllowedAsPerAppPolicy',
      "Credential type not allowed as per assigned policy '538f1913'.",
      'secrets_forbidden',
    ],
  ])('has a sentence for %s', (azureCode, text, code) => {
    const problem = problemOf({ status: 400, azureCode, text });
    expect(problem.code).toBe(code);
    expect(problem.remedy).toContain('--credential federated');
  });

  it('is waited for ten minutes: people report more than five', () => {
    expect(forMs).toBe(600_000);
  });
});
