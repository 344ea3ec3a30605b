import { beforeAll, describe, expect, it } from 'vitest';
import { encode } from '../../../../test/corpus/build.ts';
import { type DecodeText, loadDecoder, type TextHints } from './decode-text.ts';

let decode: DecodeText;
beforeAll(async () => {
  decode = await loadDecoder();
});

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('a label', () => {
  it.each([
    [
      'utf-8',
      ['utf8', 'UTF_8', '"utf-8"', "'utf-8'", 'utf-8;', 'utf8mb4', 'utf-8-sig', 'iso-10646/utf8', 'csUTF8', 'utf-8*en'],
    ],
    [
      'windows-1252',
      ['iso-8859-1', 'ISO_8859-1:1987', 'latin1', 'latin-1', 'l1', '8859_1', 'iso-ir-100', 'cp1252', 'x-cp1252'],
    ],
    ['windows-1251', ['cp1251', 'cp-1251', 'win-1251', 'windows1251', 'x-cp1251', 'ms1251']],
    ['iso-8859-2', ['latin2', 'latin-2', 'iso8859-2', 'iso_8859-2:1987', 'iso-ir-101', 'csISOLatin2']],
    ['iso-8859-15', ['latin9', 'latin-9', 'iso8859-15', 'iso_8859-15']],
    ['koi8-r', ['koi8', 'KOI8_R', 'cskoi8r', 'koi']],
    ['ibm866', ['cp866', '866', 'ibm-866', 'dos-866']],
    ['shift_jis', ['sjis', 'x-sjis', 'cp932', 'ms932', 'windows-31j', 'MS_Kanji', 'shift-jis']],
    ['euc-jp', ['eucjp', 'x-euc-jp', 'eucJP-ms', 'cp51932', 'ujis']],
    ['gbk', ['gb2312', 'GB_2312-80', 'x-gbk', 'cp936', 'windows-936', 'gb18030', 'euc-cn', 'chinese']],
    ['big5', ['cn-big5', 'big5-hkscs', 'x-x-big5', 'cp950', 'big5-eten']],
    ['euc-kr', ['ks_c_5601-1987', 'cp949', 'windows-949', 'uhc', 'ksc5601', 'korean']],
    ['windows-874', ['tis-620', 'iso-8859-11', 'cp874', 'dos-874']],
    ['macintosh', ['mac', 'x-mac-roman', 'macroman']],
  ])('is recognised for %s in the spellings of mail programs', (charset, labels) => {
    const samples: Readonly<Record<string, string>> = {
      'utf-8': 'Grüße',
      'windows-1252': 'Grüße',
      'windows-1251': 'Привет',
      'iso-8859-2': 'Łódź',
      'iso-8859-15': 'Œ €',
      'koi8-r': 'Привет',
      ibm866: 'Привет',
      shift_jis: '日本',
      'euc-jp': '日本',
      gbk: '你好',
      big5: '你好',
      'euc-kr': '안녕',
      'windows-874': 'ไทย',
      macintosh: 'Ça “x”',
    };
    const text = samples[charset] ?? '';
    const bytes = charset === 'utf-8' ? Buffer.from(text) : encode(charset, text);
    for (const label of labels) expect([label, decode(bytes, { label })]).toEqual([label, text]);
  });

  it.each([
    ['IBM850', 'Gr\x81\xe1e', 'Grüße'],
    ['pc-multilingual-850+euro', '5 \xd5', '5 €'],
    ['CCSID00858', '5 \xd5', '5 €'],
    ['cp437', 'caf\x82', 'café'],
    ['cp852', '\x9d\xa2d\xab', 'Łódź'],
    ['x-mac-ce', '\xfc\x97d\x90', 'Łódź'],
    ['viscii', 'Vi\xaet', 'Việt'],
    ['unicode-1-1-utf-7', 'Gr+APwA3w-e', 'Grüße'],
    ['iso-2022-kr', '\x1b$)C\x0e>H3g\x0f ok', '안녕 ok'],
    ['csISO2022KR', '\x0e>H3g\x0f', '안녕'],
    ['hz-gb-2312', 'x ~{<R>S~} ~~', 'x 家居 ~'],
    ['iso-2022-cn', '\x1b$)A\x0e<R>S\x0f', '家居'],
    ['iso-2022-jp-1', '\x1b$BF|K\\\x1b(B \x1b$(D0!\x1b(B', '日本 丂'],
    ['utf-32le', 'G\0\0\0\xfc\0\0\0', 'Gü'],
    ['utf-16be', '\0G\0\xfc', 'Gü'],
  ])('%s is known, though Node does not know it', (label, bytes, text) => {
    expect(decode(latin1(bytes), { label })).toBe(text);
  });

  const nothing = [
    '',
    'us-ascii',
    'ANSI_X3.4-1968',
    'unknown-8bit',
    'x-unknown',
    'default',
    '8bit',
    'binary',
    'x-user-defined',
    'ansi',
    '*',
    'base64',
    'hex',
    'iso-8859-12',
    'x'.repeat(500),
  ];
  it.each([undefined, ...nothing])('%j says nothing', (label) => {
    expect(decode(Buffer.from('Grüße 北京'), { label })).toBe('Grüße 北京');
    expect(decode(latin1('kalender\xe5ret'), { label })).toBe('kalenderåret');
    expect(decode(encode('koi8-r', 'Привет'), { label, others: ['us-ascii', 'utf-8', 'koi8-r'] })).toBe('Привет');
  });
});

describe('bytes that nobody labels', () => {
  it.each([
    ['shift_jis', '見積書を添付いたしますのでご確認ください。'],
    ['shift_jis', '了解しました'],
    ['euc-jp', '会議は明日の午後三時に変更されました。'],
    ['gb18030', '您好，请查收附件中的报价单。'],
    ['gb18030', '温室的钥匙在门卫那里'],
    ['big5', '您好，請查收附件中的報價單。'],
    ['big5', '溫室的鑰匙在警衛那裡'],
    ['euc-kr', '회의는 내일 오후 세 시로 변경되었습니다.'],
    ['windows-1251', 'Здравствуйте, высылаю счёт за ноябрь.'],
    ['koi8-r', 'Встреча переносится на завтра в 15:00.'],
  ])('are recognised as %s by their words: %s', (charset, text) => {
    expect(decode(encode(charset, text), {})).toBe(text);
    expect(decode(encode(charset, text), { label: 'us-ascii' })).toBe(text);
    expect(decode(encode(charset, text), { label: 'utf-8' })).toBe(text);
  });

  it.each([
    ...['Grüße aus Köln', 'ÄÖÜäöüß', 'für für für für', 'Hyvää päivää', 'päivämäärä', 'Räksmörgås', 'Åååå', 'São João'],
    ...[
      'Numéro de téléphone : n° 5',
      'l’été',
      'Cordialement, Éloïse',
      '¡Próxima reunión!',
      'AÇÃO',
      'Þetta er íslenska',
    ],
    ...['§ 5 Abs. 3 – „nützlich“ – 20 €', '20 °C, ±5 %', '½ × ½ = ¼', 'ñ', '«»'],
  ])('are not mistaken for another charset if they are Windows-1252: %s', (text) => {
    expect(decode(encode('windows-1252', text), {})).toBe(text);
  });

  it('are known though their end is missing', () => {
    const whole = encode('gb18030', '会议改到明天下午三点。'.repeat(20));
    const half = whole.subarray(0, whole.length - 1);
    expect(decode(half, { cut: true })).toContain('会议改到明天下午三点');
    expect(decode(half, { cut: true, others: ['gbk'] })).toContain('会议改到明天下午三点');
  });
});

describe('bytes', () => {
  const all: readonly (readonly [string, string, TextHints, string])[] = [
    ['of Windows-1252 that are called UTF-8', 'Gr\xfc\xdfe \x80', { label: 'utf-8' }, 'Grüße €'],
    ['of UTF-8 that are called Latin-1', 'Gr\xc3\xbc\xc3\x9fe', { label: 'iso-8859-1' }, 'Grüße'],
    ['of UTF-8 that are called KOI8-R', '\xd0\xbc\xd0\xb8\xd1\x80', { label: 'koi8-r' }, 'мир'],
    ['that are one pair of Latin-2 and might be UTF-8', '\xd3\xaf', { label: 'iso-8859-2' }, 'ÓŻ'],
    ['that are two characters of EUC-KR and might be UTF-8', '\xc2\xa1\xc2\xa2', { label: 'euc-kr' }, '징짖'],
    ['of UTF-8 that are called UTF-16', 'Gr\xc3\xbc\xc3\x9fe', { label: 'utf-16' }, 'Grüße'],
    ['of ASCII that are called UTF-16', 'plain', { label: 'utf-16' }, 'plain'],
    ['of ISO-2022-JP that are called UTF-8', '\x1b$BF|K\\\x1b(B', { label: 'utf-8' }, '日本'],
    ['of ISO-2022-KR without a label', '\x1b$)C\x0e>H3g\x0f', {}, '안녕'],
    ['with an escape character alone', 'a\x1bb', {}, 'a\x1bb'],
    ['with a mark of UTF-8', '\xef\xbb\xbfGr\xc3\xbc', { label: 'iso-8859-1' }, 'Grü'],
    ['with a mark of UTF-16', '\xff\xfeG\0', {}, 'G'],
    ['with a last letter that might begin a character of UTF-8', 'caf\xe9', {}, 'café'],
    ['with half a character at the end', 'x\xc3\xbc\xe2\x82', { label: 'utf-8' }, 'xü'],
    ['with half a character at the end of what was cut', 'x\xe2', { cut: true }, 'x'],
    ['of UTF-8 with a word in Latin-1', '\xe2\x82\xac f\xfcr', { label: 'utf-8' }, '€ für'],
    ['of UTF-8 with half a character within', '\xe2\x82\xac \xe2\x82 x', { label: 'utf-8' }, '€ \ufffd x'],
    ['of which nothing can be made', '\xff', { label: 'gbk', others: ['nonsense'] }, '\ufffd'],
    ['of none of the charsets that the mail names', '\xff\xfd', { others: ['gbk', 'euc-kr'] }, 'ÿý'],
    ['none', '', { label: 'x' }, ''],
  ];
  it.each(all)('%s', (_, bytes, hints, text) => {
    expect(decode(latin1(bytes), hints)).toBe(text);
  });
});
