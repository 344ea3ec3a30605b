import { describe, expect, it } from 'vitest';
import { replies } from '../../../../test/corpus/replies.ts';
import { replyTextOf } from './reply-text.ts';

describe('the new words of a text', () => {
  it.each(replies.map(({ name, text, reply }) => [name, text, reply]))('are told: %s', (_, text, reply) => {
    expect(replyTextOf(text)).toBe(reply);
  });

  it('are the same with line ends as mail has them', () => {
    for (const { text, reply } of replies) expect(replyTextOf(text.replaceAll('\n', '\r\n'))).toBe(reply);
  });

  it('never hold a line that is marked as quoted, and lose none of a text that quotes nothing', () => {
    for (const { text } of replies) expect(replyTextOf(text)).not.toMatch(/^>/m);
    for (const { reply } of replies) expect(replyTextOf(reply)).toBe(reply);
  });

  it('are not looked for in a text of more lines than anyone writes', () => {
    expect(replyTextOf('x\n'.repeat(20_001))).toBeUndefined();
    expect(replyTextOf('x\n'.repeat(10_000))).toHaveLength(19_999);
  });
});
