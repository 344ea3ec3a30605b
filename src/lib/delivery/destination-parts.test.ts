import { expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { newDestination } from '../http/requests/destinations.ts';
import type { DestinationType } from '../store/destinations/destination.ts';
import type { NewDestination } from './destination-change.ts';
import { type DestinationParts, destinationParts } from './destination-parts.ts';

it('can be created and asked for by every type, and by no other', () => {
  expectTypeOf<NewDestination['type']>().toEqualTypeOf<DestinationType>();
  expectTypeOf<z.infer<typeof newDestination>['type']>().toEqualTypeOf<DestinationType>();
});

it('does not compile where a type of destination lacks its parts', () => {
  const { workflow: _workflow, ...others } = destinationParts;
  // @ts-expect-error the parts of `workflow` are missing
  const incomplete: Readonly<Record<DestinationType, DestinationParts>> = others;
  expect(incomplete).not.toHaveProperty('workflow');
});

it.each([
  ['webhook', 'https://nocobase.example/anything?x=1', true],
  ['workflow', 'https://nocobase.example/api/workflows:trigger?triggerWorkflows=abc', true],
  ['workflow', 'https://nocobase.example/api/workflows:trigger', false],
  ['collection', 'https://nocobase.example/api', true],
  ['collection', 'https://nocobase.example/api?x=1', false],
] as const)('takes for a %s the address %s: %s', (type, url, isTaken) => {
  expect(destinationParts[type].urlFault(url) === undefined).toBe(isTaken);
});
