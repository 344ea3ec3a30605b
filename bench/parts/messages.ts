/** Sorts of mail: plain text of 2 KB; the same with 4 KB of HTML as newsletters and Outlook write it; text with a large file. */
export type Sort = 'text' | 'html' | 'attachment';

const words =
  'the order from last week has arrived at our warehouse and we would like to know when the remaining parts will follow because a customer is waiting for them'.split(
    ' ',
  );

/** Text of about `bytes`, different for each number and the same in every run. */
function text(number: number, bytes: number): string {
  let out = '';
  for (let at = number; out.length < bytes; at = (at * 31 + 7) % 9973) {
    out += `${words[at % words.length]}${at % 13 === 0 ? '.\r\n' : ' '}`;
  }
  return out;
}

function html(number: number): string {
  const rows = Array.from(
    { length: 12 },
    (_, row) =>
      `<tr><td style="padding:4px;font-family:Calibri,sans-serif;color:#1f497d">${text(number + row, 120)}</td><td align="right"><a href="https://shop.example/p/${number}-${row}">${row},00 EUR</a></td></tr>\r\n`,
  );
  return `<html><head><style>p{margin:0}</style></head><body><div class="WordSection1"><p>${text(number, 300)}</p><table border="0" cellpadding="2">${rows.join('')}</table><p><b>Regards</b>,<br>Ada</p></div></body></html>`;
}

const file = (bytes: number): string =>
  `${'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx\r\n'.repeat(Math.ceil(bytes / 57))}`;

/** A whole message. */
export function makeMessage(sort: Sort, number: number, attachmentBytes = 0): Buffer {
  const head = [
    'From: Ada Lovelace <ada@fabrikam.example>',
    'To: Sales <sales@contoso.example>',
    `Subject: Order ${number}`,
    'Date: Sun, 01 Mar 2026 10:00:00 +0000',
    `Message-ID: <bench-${process.pid}-${Date.now()}-${number}@fabrikam.example>`,
    'MIME-Version: 1.0',
  ];
  const plain = ['Content-Type: text/plain; charset=utf-8', '', text(number, 2000)];
  const parts = {
    text: plain,
    html: [
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      ...plain,
      '--b',
      'Content-Type: text/html; charset=utf-8',
      '',
      html(number),
      '--b--',
      '',
    ],
    attachment: [
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      ...plain,
      '--b',
      'Content-Type: application/pdf; name=order.pdf',
      'Content-Disposition: attachment; filename=order.pdf',
      'Content-Transfer-Encoding: base64',
      '',
      file(attachmentBytes),
      '--b--',
      '',
    ],
  };
  return Buffer.from([...head, ...parts[sort]].join('\r\n'));
}
