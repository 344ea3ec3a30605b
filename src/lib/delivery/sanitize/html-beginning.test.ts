import { describe, expect, it } from 'vitest';
import { htmlBeginning } from './html-beginning.ts';

const tags = (html: string): number => html.match(/<[a-z]/gi)?.length ?? 0;

describe('the beginning of HTML that is sanitised', () => {
  it('is all of it for what mail has', () => {
    const newsletter = '<table><tr><td style="color:red">word <a href="https://x.example/">word</a></td></tr></table>';
    const html = newsletter.repeat(900);
    expect(htmlBeginning(html)).toEqual({ html, cut: false });
    expect(htmlBeginning('')).toEqual({ html: '', cut: false });
  });

  it.each([
    ['pictures', '<img src="cid:a">'],
    ['links', '<a href="https://x.example/">x</a>'],
    ['cells', '<td style="color:red">x'],
    ['items', '<li>x'],
  ])('has no more %s, however many there are', (_, one) => {
    const some = htmlBeginning(one.repeat(30_000));
    expect(some.cut).toBe(true);
    expect(tags(some.html)).toBeLessThanOrEqual(12_000);
    expect(tags(some.html)).toBeGreaterThan(11_000);
    expect(htmlBeginning(one.repeat(60_000)).html).toBe(some.html);
  });

  it('has no more signs that begin no tag, however many there are', () => {
    const some = htmlBeginning('< '.repeat(400_000));
    expect(some.html.length).toBe(600_000);
    expect(some.cut).toBe(true);
  });

  it('is as long as a megabyte, and ends between two tags', () => {
    const long = htmlBeginning('word '.repeat(500_000));
    expect(long.html.length).toBe(1024 * 1024);
    const open = htmlBeginning(`<p>x</p><p title="${'y'.repeat(2_000_000)}">z</p>`);
    expect(open).toEqual({ html: '<p>x</p>', cut: true });
  });

  it('ends before a character of two halves', () => {
    expect(htmlBeginning(`x${'\u{1F600}'.repeat(600_000)}`).html.isWellFormed()).toBe(true);
  });
});
