import type { MessageStructureObject } from 'imapflow';
import { describe, expect, it } from 'vitest';
import { hasFiles } from './attachment-list.ts';
import { noReferences, type References } from './html-references.ts';
import { leavesOf } from './structure.ts';

// Which part of which mail is a file is in test/corpus/files.ts.
const html: MessageStructureObject = { part: '1', type: 'text/html' };
const text: MessageStructureObject = { part: '1', type: 'text/plain' };
const picture: MessageStructureObject = { part: '2', type: 'image/png', id: '<a@x>', disposition: 'inline' };
const photo: MessageStructureObject = { part: '2', type: 'image/png', disposition: 'inline' };
const pdf: MessageStructureObject = { part: '3', type: 'application/pdf', id: '<b@x>', disposition: 'inline' };

const shown: References = { names: new Set(['a@x']), whole: true };
const begun: References = { names: new Set(), whole: false };

describe('whether a mail brings a file', () => {
  it.each<[string, MessageStructureObject[], References | undefined, boolean | undefined]>([
    ['HTML alone', [html], undefined, false],
    ['a PDF', [html, pdf], undefined, true],
    ['a photo that nothing can name', [html, photo], undefined, true],
    ['a picture, and HTML that is not read yet', [html, picture], undefined, undefined],
    ['a picture, and HTML that shows it', [html, picture], shown, false],
    ['a picture, and HTML that shows none', [html, picture], noReferences, true],
    ['a picture, and HTML of which the end is missing', [html, picture], begun, undefined],
    ['a picture beside text', [text, picture], undefined, true],
    ['a picture and a PDF', [html, picture, pdf], undefined, true],
    ['a PDF, and HTML of which the end is missing', [html, pdf], begun, true],
  ])('is decided for one with %s', (_, childNodes, references, expected) => {
    const { leaves } = leavesOf({ type: 'multipart/related', childNodes });
    expect(hasFiles(leaves, false, references)).toBe(expected);
    // Parts that were left out may be files.
    expect(hasFiles(leaves, true, references)).toBe(expected === true ? true : undefined);
  });
});
