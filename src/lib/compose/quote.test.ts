import { describe, expect, it } from 'vitest';
import { composeBody } from './body.ts';
import { htmlFromText } from './html-text.ts';
import { forwardQuote, replyQuote } from './quote.ts';
import { quoteWords } from './quote-words.ts';

const original = {
  from: { name: 'Grace Hopper', address: 'grace@x.example' },
  to: [{ name: 'Ada', address: 'ada@contoso.example' }],
  cc: [],
  subject: 'Offer <7>',
  date: new Date('2026-11-30T16:30:00Z'),
  receivedAt: new Date('2026-11-30T16:31:00Z'),
  text: 'Dear Ada,\n\n> Can you?\nYes & no.\n',
};

const firstLine = (locale: string, timeZone: string) =>
  // Intl writes blanks of several kinds.
  replyQuote(original, { locale, timeZone }, undefined).text.split('\n')[0]?.replace(/\s/g, ' ');

describe('the quote of an answer', () => {
  it.each([
    ['en-US', 'America/New_York', 'On November 30, 2026 at 11:30 AM (EST), Grace Hopper <grace@x.example> wrote:'],
    ['en-GB', 'Asia/Shanghai', 'On 1 December 2026 at 00:30 (GMT+8), Grace Hopper <grace@x.example> wrote:'],
    ['zh-CN', 'Asia/Shanghai', 'Grace Hopper <grace@x.example> 于 2026年12月1日 00:30 (GMT+8) 写道：'],
    ['zh-TW', 'Asia/Taipei', 'Grace Hopper <grace@x.example> 於 2026年12月1日 凌晨12:30 (GMT+8) 寫道：'],
    ['zh-Hant', 'Asia/Taipei', 'Grace Hopper <grace@x.example> 於 2026年12月1日 凌晨12:30 (GMT+8) 寫道：'],
    ['de-DE', 'Europe/Berlin', 'Am 30. November 2026 um 17:30 (MEZ) schrieb Grace Hopper <grace@x.example>:'],
    ['fr', 'Europe/Paris', 'Le 30 novembre 2026 à 17:30 (UTC+1), Grace Hopper <grace@x.example> a écrit :'],
    ['ja-JP', 'Asia/Tokyo', '2026年12月1日 1:30 (JST) Grace Hopper <grace@x.example>:'],
    // Nobody's words are known for it: all of it is English.
    ['mi-NZ', 'Pacific/Auckland', 'On December 1, 2026 at 5:30 AM (GMT+13), Grace Hopper <grace@x.example> wrote:'],
    ['no locale at all!', 'UTC', 'On November 30, 2026 at 4:30 PM (UTC), Grace Hopper <grace@x.example> wrote:'],
    ['en-GB', 'Nowhere/Land', 'On 30 November 2026 at 16:30 (UTC), Grace Hopper <grace@x.example> wrote:'],
  ])('says in %s at %s who wrote when', (locale, timeZone, expected) => {
    expect(firstLine(locale, timeZone)).toBe(expected);
  });

  it('has each line of the text behind a mark, and older quotes one deeper', () => {
    const { text } = replyQuote(original, { locale: 'en', timeZone: 'UTC' }, undefined);
    expect(text.split('\n').slice(1)).toEqual(['> Dear Ada,', '>', '>> Can you?', '> Yes & no.']);
  });

  it('has the HTML of the original in a blockquote, or its text where there is none', () => {
    const place = { locale: 'en', timeZone: 'UTC' };
    expect(replyQuote(original, place, '<p>Dear <b>Ada</b></p>').html).toMatch(
      /<div>On .* Grace Hopper &lt;grace@x\.example&gt; wrote:<\/div>\n<blockquote [^>]*><p>Dear <b>Ada<\/b><\/p><\/blockquote>/,
    );
    expect(replyQuote(original, place, undefined).html).toContain('Yes &amp; no.</div></blockquote>');
  });

  it('goes by the time of arrival where the original tells no date', () => {
    const { text } = replyQuote({ ...original, date: undefined }, { locale: 'en-GB', timeZone: 'UTC' }, undefined);
    expect(text).toContain('16:31');
  });

  it('makes one line of a name that has several', () => {
    const from = { name: 'Grace\r\nBcc: eve@y.example', address: 'grace@x.example' };
    expect(
      replyQuote({ ...original, from }, { locale: 'en', timeZone: 'UTC' }, undefined).text.split('\n'),
    ).toHaveLength(5);
  });
});

describe('a mail that is passed on', () => {
  it('tells who wrote to whom, in the language of the mailbox, and leaves out what there is not', () => {
    const { text } = forwardQuote(original, { locale: 'zh-CN', timeZone: 'Asia/Shanghai' }, undefined);
    expect(text.split('\n')).toEqual([
      '---------- 转发的邮件 ----------',
      '发件人: Grace Hopper <grace@x.example>',
      expect.stringMatching(/^日期: 2026年12月1日/),
      '主题: Offer <7>',
      '收件人: Ada <ada@contoso.example>',
      '',
      'Dear Ada,',
      '',
      '> Can you?',
      'Yes & no.',
    ]);
  });

  it('lets nothing of the headers be HTML', () => {
    const hostile = {
      ...original,
      subject: '<img src=x onerror=alert(1)>',
      from: { name: '<b>', address: 'a@x.example' },
    };
    const { html } = forwardQuote(hostile, { locale: 'en', timeZone: 'UTC' }, '<p>Hello</p>');
    expect(html).not.toMatch(/<img|<b>/);
    expect(html).toContain('<p>Hello</p>');
  });
});

describe('the body', () => {
  const read = (html: string) => html.replace(/<[^>]*>/g, '');
  const none = { text: undefined, html: undefined, signature: undefined, quote: undefined, quoteHasHtml: false };
  const quote = { text: '> quoted', html: '<blockquote>quoted</blockquote>' };

  it.each([
    ['text alone stays text', { text: 'Hello' }, { text: 'Hello', html: undefined }],
    ['text is made of HTML that comes alone', { html: '<p>Hello</p>' }, { text: 'Hello', html: '<p>Hello</p>' }],
    ['both stay as they are', { text: 'A', html: '<p>B</p>' }, { text: 'A', html: '<p>B</p>' }],
    ['nothing is an empty text', {}, { text: '', html: undefined }],
    [
      'the signature stands between the answer and the quote, in both forms',
      { text: 'Yes', signature: '<i>Ada</i>', quote },
      {
        text: 'Yes\n\nAda\n\n> quoted',
        html: '<div>Yes</div>\n<br>\n<div><i>Ada</i></div>\n<br>\n<blockquote>quoted</blockquote>',
      },
    ],
    ['an empty signature is none', { text: 'Yes', signature: ' ' }, { text: 'Yes', html: undefined }],
    [
      'an answer in text to a mail in text stays text',
      { text: 'Yes', quote },
      { text: 'Yes\n\n> quoted', html: undefined },
    ],
    [
      'an answer in text keeps the HTML of what it quotes',
      { text: 'a < b', quote, quoteHasHtml: true },
      { text: 'a < b\n\n> quoted', html: '<div>a &lt; b</div>\n<br>\n<blockquote>quoted</blockquote>' },
    ],
    [
      'a page of a template is not closed before its signature',
      { html: '<html><body><p>Hi</p></body></html>', signature: 'Ada' },
      { text: 'Hi\n\nAda', html: '<html><body><p>Hi</p>\n<br>\n<div>Ada</div>\n</body></html>' },
    ],
  ])('%s', (_title, parts, expected) => {
    expect(composeBody({ ...none, ...parts }, read)).toEqual(expected);
  });

  it('looks the same in text and HTML', () => {
    expect(htmlFromText('a\n  b  c\n')).toBe('<div>a<br>\n&nbsp; b&nbsp; c</div>');
  });
});

it('knows the words of one language by each of its names', () => {
  expect(quoteWords('zh').words).toBe(quoteWords('zh-Hans-CN').words);
  expect(quoteWords('zh-HK').words).toBe(quoteWords('zh-Hant').words);
});
