/** A text as a mail program sends it, and what of it the person has just written. */
export interface ReplyText {
  readonly name: string;
  readonly text: string;
  /** Without quote and signature. */
  readonly reply: string;
}

const all: ReplyText[] = [];
const join = (...lines: readonly string[]) => lines.join('\n');
const own = join('Hello Grace,', '', 'Tuesday suits me: we meet at 10:30.', 'Please bring the plans.', '', 'Ada');
const quoted = join('Dear Ada,', '', 'when shall we meet?', '', 'Grace');
const asQuote = (text: string) => text.replace(/^/gm, '> ').replace(/^> $/gm, '>');
const add = (name: string, text: string, reply = own) => void all.push({ name, text, reply });

/** Outlook writes a block of headers above what it quotes, and quotes without any mark. */
const blocks: readonly [string, ...string[]][] = [
  [
    'English',
    'From: Grace Hopper <grace@x.example>',
    'Sent: Monday, November 30, 2026 10:00 AM',
    'To: Ada <ada@contoso.example>',
    'Subject: Meeting',
  ],
  [
    'German',
    'Von: Grace Hopper <grace@x.example>',
    'Gesendet: Montag, 30. November 2026 10:00',
    'An: Ada <ada@contoso.example>',
    'Betreff: Treffen',
  ],
  [
    'French',
    'De : Grace Hopper <grace@x.example>',
    'Envoyé : lundi 30 novembre 2026 10:00',
    'À : Ada <ada@contoso.example>',
    'Objet : Réunion',
  ],
  [
    'Spanish',
    'De: Grace Hopper <grace@x.example>',
    'Enviado: lunes, 30 de noviembre de 2026 10:00',
    'Para: Ada <ada@contoso.example>',
    'Asunto: Reunión',
  ],
  [
    'Italian',
    'Da: Grace Hopper <grace@x.example>',
    'Inviato: lunedì 30 novembre 2026 10:00',
    'A: Ada <ada@contoso.example>',
    'Oggetto: Riunione',
  ],
  [
    'Dutch',
    'Van: Grace Hopper <grace@x.example>',
    'Verzonden: maandag 30 november 2026 10:00',
    'Aan: Ada <ada@contoso.example>',
    'Onderwerp: Afspraak',
  ],
  [
    'Portuguese',
    'De: Grace Hopper <grace@x.example>',
    'Enviada em: segunda-feira, 30 de novembro de 2026 10:00',
    'Para: Ada <ada@contoso.example>',
    'Assunto: Reunião',
  ],
  [
    'Polish',
    'Od: Grace Hopper <grace@x.example>',
    'Wysłano: poniedziałek, 30 listopada 2026 10:00',
    'Do: Ada <ada@contoso.example>',
    'Temat: Spotkanie',
  ],
  [
    'Swedish',
    'Från: Grace Hopper <grace@x.example>',
    'Skickat: den 30 november 2026 10:00',
    'Till: Ada <ada@contoso.example>',
    'Ämne: Möte',
  ],
  [
    'Russian',
    'От: Grace Hopper <grace@x.example>',
    'Отправлено: 30 ноября 2026 г. 10:00',
    'Кому: Ada <ada@contoso.example>',
    'Тема: Встреча',
  ],
  [
    'Chinese',
    '发件人: Grace Hopper <grace@x.example>',
    '发送时间: 2026年11月30日 10:00',
    '收件人: Ada <ada@contoso.example>',
    '主题: 会议',
  ],
  [
    'Chinese of Taiwan',
    '寄件者: Grace Hopper <grace@x.example>',
    '寄件日期: 2026年11月30日 上午 10:00',
    '收件者: Ada <ada@contoso.example>',
    '主旨: 會議',
  ],
  [
    'Chinese, full width',
    '发件人： Grace Hopper',
    '发送时间： 2026年11月30日 10:00',
    '收件人： Ada',
    '抄送： Lin',
    '主题： 会议',
  ],
  [
    'Japanese',
    '差出人: Grace Hopper <grace@x.example>',
    '送信日時: 2026年11月30日 10:00',
    '宛先: Ada <ada@contoso.example>',
    '件名: 会議',
  ],
  [
    'English of someone in the company, without an address',
    'From: Hopper, Grace',
    'Sent: 30 November 2026 10:00',
    'To: Ada',
    'Subject: RE: Meeting',
  ],
  [
    'bold',
    '*From:* Grace Hopper <grace@x.example>',
    '*Sent:* Monday, November 30, 2026 10:00 AM',
    '*To:* Ada <ada@contoso.example>',
    '*Subject:* Meeting',
  ],
];
for (const [language, ...lines] of blocks) {
  add(`Outlook, ${language}`, join(own, '', ...lines, '', quoted));
  add(`Outlook on the web, ${language}`, join(own, '', '________________________________', ...lines, '', quoted));
}

/** One line above what is quoted. */
const lines: readonly [string, string][] = [
  ['Gmail, English', 'On Mon, 30 Nov 2026 at 10:00, Grace Hopper <grace@x.example> wrote:'],
  ['Gmail, English, folded', 'On Mon, 30 Nov 2026 at 10:00, Grace Brewster Murray Hopper <\ngrace@x.example> wrote:'],
  ['Apple Mail', 'On 30. Nov 2026, at 10:00, Grace Hopper <grace@x.example> wrote:'],
  ['Thunderbird', 'On 11/30/26 10:00, Grace Hopper wrote:'],
  ['Gmail, German', 'Am Mo., 30. Nov. 2026 um 10:00 Uhr schrieb Grace Hopper <grace@x.example>:'],
  ['Thunderbird, German', 'Am 30.11.26 um 10:00 schrieb Grace Hopper:'],
  ['Gmail, French', 'Le lun. 30 nov. 2026 à 10:00, Grace Hopper <grace@x.example> a écrit :'],
  ['Gmail, Spanish', 'El lun, 30 nov 2026 a las 10:00, Grace Hopper (<grace@x.example>) escribió:'],
  ['Gmail, Italian', 'Il giorno lun 30 nov 2026 alle ore 10:00 Grace Hopper <grace@x.example> ha scritto:'],
  ['Gmail, Portuguese', 'Em seg., 30 de nov. de 2026 às 10:00, Grace Hopper <grace@x.example> escreveu:'],
  ['Gmail, Dutch', 'Op ma 30 nov. 2026 om 10:00 schreef Grace Hopper <grace@x.example>:'],
  ['Gmail, Polish', 'pon., 30 lis 2026 o 10:00 Grace Hopper <grace@x.example> napisał(a):'],
  ['Gmail, Swedish', 'Den mån 30 nov. 2026 kl 10:00 skrev Grace Hopper <grace@x.example>:'],
  ['Gmail, Russian', 'пн, 30 нояб. 2026 г. в 10:00, Grace Hopper <grace@x.example>:'],
  ['Gmail, Chinese', 'Grace Hopper <grace@x.example> 于2026年11月30日周一 10:00写道：'],
  ['Apple Mail, Chinese', '在 2026年11月30日，10:00，Grace Hopper <grace@x.example> 写道：'],
  ['NetEase', 'At 2026-11-30 10:00:00, "Grace Hopper" <grace@x.example> wrote:'],
  ['NetEase, Chinese', '在 2026-11-30 10:00:00，"Grace Hopper" <grace@x.example> 写道：'],
  ['Gmail, Japanese', '2026年11月30日(月) 10:00 Grace Hopper <grace@x.example>:'],
  ['Gmail, Korean', '2026년 11월 30일 (월) 오전 10:00, Grace Hopper <grace@x.example>님이 작성:'],
];
for (const [name, line] of lines) {
  add(name, join(own, '', line, '', asQuote(quoted)));
  add(`${name}, with the text unmarked`, join(own, '', line, '', quoted));
}

for (const [name, line] of [
  ['English', '-----Original Message-----'],
  ['German', '-----Ursprüngliche Nachricht-----'],
  ['French', "-----Message d'origine-----"],
  ['Spanish', '-----Mensaje original-----'],
  ['Chinese', '-----邮件原件-----'],
] as const) {
  add(
    `a line for the original, ${name}`,
    join(own, '', line, 'From: Grace', 'Sent: 30 November 2026 10:00', 'To: Ada', '', quoted),
  );
}
add(
  'QQ Mail',
  join(
    own,
    '',
    '------------------ 原始邮件 ------------------',
    '发件人: "Grace"<grace@x.example>;',
    '发送时间: 2026年11月30日(星期一) 上午10:00',
    '收件人: "Ada"<ada@contoso.example>;',
    '主题: 会议',
    '',
    quoted,
  ),
);
add(
  'a forwarded mail',
  join(
    own,
    '',
    '---------- Forwarded message ---------',
    'From: Grace Hopper <grace@x.example>',
    'Date: Mon, 30 Nov 2026 at 10:00',
    'Subject: Meeting',
    'To: Ada <ada@contoso.example>',
    '',
    quoted,
  ),
);

const onMon = 'On Mon, 30 Nov 2026 at 10:00, Grace Hopper <grace@x.example> wrote:';
for (const line of [
  'Sent from my iPhone',
  'Von meinem iPhone gesendet',
  'Envoyé de mon iPhone',
  'Enviado desde mi iPhone',
  '发自我的iPhone',
  '从我的 iPhone 发送',
  'Get Outlook for iOS',
  'Get Outlook for Android<https://aka.ms/AAb9ysg>',
]) {
  add(`the line of a telephone: ${line}`, join(own, '', line, '', onMon, '', asQuote(quoted)));
}
add('a signature behind its mark', join(own, '', '-- ', 'Ada Lovelace', 'Contoso', 'Tel. +44 1234'));
add(
  'a signature behind its mark, above a quote',
  join(own, '', '-- ', 'Ada Lovelace', 'Contoso', '', onMon, asQuote(quoted)),
);

// What must not be taken for a quote or a signature.
add('words alone', own);
const prose = join(
  'Hello,',
  '',
  'From: the roof we saw it all.',
  'On Monday I wrote:',
  '',
  'nothing came of it.',
  '',
  'Regards from us,',
  'and one thing more: send the list.',
);
add('words that look like the beginning of a quote', prose, prose);
const list = join(
  'Hello,',
  '',
  'Room: 12',
  'Time: 10:30 on 30 November 2026',
  'Bring: the plans',
  'Contact: grace@x.example',
  '',
  'See you there.',
);
add('a list of facts that looks like headers', list, list);
const ruled = join(
  'First part.',
  '',
  '---',
  '',
  'Second part.',
  '',
  '--',
  '',
  'Third part is long, and is not a signature at all, because it has a great many words in it and continues',
  'over several',
  'lines',
  'of text',
  'one after',
  'the other',
  'until',
  'nobody',
  'would',
  'take it for one.',
);
add('rules between parts', ruled, ruled);
const between = join('Hello,', '', '> when shall we meet?', '', 'On Tuesday.', '', '> where?', '', 'Here.');
add('answers between what is quoted', between, join('Hello,', '', 'On Tuesday.', '', 'Here.'));
add('an answer below the quote', join(onMon, asQuote(quoted), '', own), own);
add('only a quote', join(onMon, '', asQuote(quoted)), '');
add('nothing', '', '');

/** Replies of many programs in many languages, and texts that are easily taken for more than they are. */
export const replies: readonly ReplyText[] = all;
