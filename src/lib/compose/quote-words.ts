/** The lines over a quote, in one language. */
export interface QuoteWords {
  /** Over the quote of an answer. `when` is a date with its time, `who` a name with an address. */
  readonly wrote: (when: string, who: string) => string;
  /** Over a mail that is passed on, between dashes. */
  readonly forwarded: string;
  readonly labels: Readonly<Record<'from' | 'date' | 'subject' | 'to' | 'cc', string>>;
}

const labels = (from: string, date: string, subject: string, to: string, cc: string) => ({
  from,
  date,
  subject,
  to,
  cc,
});

const english: QuoteWords = {
  wrote: (when, who) => `On ${when}, ${who} wrote:`,
  forwarded: 'Forwarded message',
  labels: labels('From', 'Date', 'Subject', 'To', 'Cc'),
};

/** As Gmail, Outlook and Thunderbird write them in these languages, so that mail programs fold the quote away. */
const words: Readonly<Record<string, QuoteWords>> = {
  en: english,
  zh: {
    wrote: (when, who) => `${who} 于 ${when} 写道：`,
    forwarded: '转发的邮件',
    labels: labels('发件人', '日期', '主题', '收件人', '抄送'),
  },
  'zh-hant': {
    wrote: (when, who) => `${who} 於 ${when} 寫道：`,
    forwarded: '轉寄的郵件',
    labels: labels('寄件者', '日期', '主旨', '收件者', '副本'),
  },
  de: {
    wrote: (when, who) => `Am ${when} schrieb ${who}:`,
    forwarded: 'Weitergeleitete Nachricht',
    labels: labels('Von', 'Datum', 'Betreff', 'An', 'Cc'),
  },
  fr: {
    wrote: (when, who) => `Le ${when}, ${who} a écrit :`,
    forwarded: 'Message transféré',
    labels: labels('De', 'Date', 'Objet', 'À', 'Cc'),
  },
  es: {
    wrote: (when, who) => `El ${when}, ${who} escribió:`,
    forwarded: 'Mensaje reenviado',
    labels: labels('De', 'Fecha', 'Asunto', 'Para', 'Cc'),
  },
  it: {
    wrote: (when, who) => `Il ${when}, ${who} ha scritto:`,
    forwarded: 'Messaggio inoltrato',
    labels: labels('Da', 'Data', 'Oggetto', 'A', 'Cc'),
  },
  pt: {
    wrote: (when, who) => `Em ${when}, ${who} escreveu:`,
    forwarded: 'Mensagem encaminhada',
    labels: labels('De', 'Data', 'Assunto', 'Para', 'Cc'),
  },
  nl: {
    wrote: (when, who) => `Op ${when} schreef ${who}:`,
    forwarded: 'Doorgestuurd bericht',
    labels: labels('Van', 'Datum', 'Onderwerp', 'Aan', 'Cc'),
  },
  sv: {
    wrote: (when, who) => `Den ${when} skrev ${who}:`,
    forwarded: 'Vidarebefordrat meddelande',
    labels: labels('Från', 'Datum', 'Ämne', 'Till', 'Kopia'),
  },
  pl: {
    wrote: (when, who) => `${when} ${who} napisał(a):`,
    forwarded: 'Przekazana wiadomość',
    labels: labels('Od', 'Data', 'Temat', 'Do', 'DW'),
  },
  ru: {
    wrote: (when, who) => `${when}, ${who} пишет:`,
    forwarded: 'Пересылаемое сообщение',
    labels: labels('От', 'Дата', 'Тема', 'Кому', 'Копия'),
  },
  ja: {
    wrote: (when, who) => `${when} ${who}:`,
    forwarded: '転送されたメッセージ',
    labels: labels('差出人', '日時', '件名', '宛先', 'CC'),
  },
  ko: {
    wrote: (when, who) => `${when}, ${who}님이 작성:`,
    forwarded: '전달된 메시지',
    labels: labels('보낸사람', '날짜', '제목', '받는사람', '참조'),
  },
};

/** Words and the locale in which the date beside them is written; English in both where the language is none of ours. */
export function quoteWords(locale: string): { readonly words: QuoteWords; readonly dateLocale: string } {
  const known = parsed(locale);
  const isTraditional = known?.script === 'Hant' || ['TW', 'HK', 'MO'].includes(known?.region ?? '');
  const key = known?.language === 'zh' && isTraditional ? 'zh-hant' : (known?.language ?? '');
  const own = Object.hasOwn(words, key) ? words[key] : undefined;
  if (own !== undefined && known !== undefined) return { words: own, dateLocale: known.baseName };
  return { words: english, dateLocale: 'en' };
}

function parsed(locale: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(locale);
  } catch {
    return undefined;
  }
}

/** An instant as people of that language write it in that place, and the zone: `30 November 2026 at 14:05 (GMT+8)`. */
export function quotedTime(at: Date, dateLocale: string, timeZone: string): string {
  const { time, zone } = formats(dateLocale, timeZone);
  const name = zone.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  // Some languages put the zone in the middle.
  return `${time.format(at)} (${name})`;
}

function formats(dateLocale: string, timeZone: string): { time: Intl.DateTimeFormat; zone: Intl.DateTimeFormat } {
  try {
    return {
      time: new Intl.DateTimeFormat(dateLocale, { dateStyle: 'long', timeStyle: 'short', timeZone }),
      zone: new Intl.DateTimeFormat(dateLocale, { timeZoneName: 'short', timeZone }),
    };
  } catch (error) {
    // An unknown zone: UTC is used, and named.
    if (timeZone === 'UTC') throw error;
    return formats(dateLocale, 'UTC');
  }
}
