import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Item } from '../../src/lib/doctor/doctor.ts';
import { doctorLines } from './show.ts';

const item: Item = {
  check: 'key-vault',
  subject: 'client-secret',
  vantage: 'app',
  status: 'fail',
  code: 'secret_missing',
  sentence: 'The secret is missing.',
  remedy: 'Put it there.',
  who: 'deployment owner',
  doc: 'docs/doctor.md#key-vault',
};
const colour = '\u001b[';

describe('the findings in a terminal', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('are coloured for a person at a terminal, and not in a file or a pipe', () => {
    // The same as a terminal that shows colours, by Node's own rule.
    vi.stubEnv('FORCE_COLOR', '1');
    const coloured = doctorLines([item], 'en', true).join('\n');
    const plain = doctorLines([item], 'en', false).join('\n');
    expect(coloured).toContain(colour);
    expect(plain).not.toContain(colour);
  });

  it('end with remedy, person and the page that says more', () => {
    expect(doctorLines([item, { ...item, status: 'ok', remedy: null }], 'en', false).slice(-3)).toEqual([
      '',
      'key-vault client-secret (deployment owner): Put it there.',
      '  docs/doctor.md#key-vault',
    ]);
    expect(doctorLines([item], 'zh', false).join()).toContain('部署负责人');
  });
});
