import { describe } from 'vitest';
import { systemClock } from '../../src/lib/domain/system.ts';
import { memoryStore } from './memory-store.ts';
import { describeTable } from './table-contract.ts';

// What runs on tables in memory proves something of Table Storage as long as both keep the same rules.
describe('a table in memory', () => {
  describeTable(() => memoryStore(systemClock).table('mail'));
});
