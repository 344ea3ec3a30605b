/**
 * What programs write in front of the subject that they answer. Outlook and Exchange do it in the language of the
 * mailbox; the others in that of their administrator.
 */
const prefixes: readonly string[] = [
  // English
  ...['automatic reply', 'automatic response', 'automated reply', 'automated response', 'auto reply', 'auto-reply'],
  ...['autoreply', 'auto response', 'auto-response', 'autoresponse', 'autoresponder', 'auto responder'],
  ...['out of office autoreply', 'out of office auto-reply', 'out of office auto reply', 'out of office reply'],
  ...['out-of-office autoreply', 'out of office response', 'vacation reply', 'vacation response'],
  // German, Dutch, Nordic languages
  ...['automatische antwort', 'automatische rückantwort', 'automatische abwesenheitsnotiz', 'abwesenheitsnotiz'],
  ...['abwesenheitsmeldung', 'abwesenheitsbenachrichtigung', 'automatisch antwoord', 'afwezigheidsbericht'],
  ...['autosvar', 'automatiskt svar', 'automatisk svar', 'automatisk svarmelding', 'automaattinen vastaus'],
  ...['sjálfvirkt svar'],
  // Romance languages
  ...['réponse automatique', "réponse automatique d'absence", 'respuesta automática', 'risposta automatica'],
  ...['resposta automática', 'resposta automàtica', 'răspuns automat', 'erantzun automatikoa'],
  // Slavic and Baltic languages
  ...['odpowiedź automatyczna', 'automatyczna odpowiedź', 'automatická odpověď', 'automatická odpoveď'],
  ...['samodejni odgovor', 'automatski odgovor', 'аутоматски одговор', 'автоматичен отговор'],
  ...['автоматический ответ', 'автоответ', 'автоматична відповідь', 'automatinis atsakymas', 'automātiskā atbilde'],
  ...['automātiska atbilde'],
  // Others in Europe and around it
  ...['automatikus válasz', 'automaatvastus', 'αυτόματη απάντηση', 'otomatik yanıt', 'otomatik cevap'],
  ...['תשובה אוטומטית', 'מענה אוטומטי', 'رد تلقائي', 'الرد التلقائي', 'پاسخ خودکار'],
  // Asia
  ...[
    '自動応答',
    '自動返信',
    '自动答复',
    '自动回复',
    '自動回覆',
    '自動回復',
    '자동 회신',
    '자동회신',
    '자동 응답',
    '자동응답',
  ],
  ...['ตอบกลับอัตโนมัติ', 'การตอบกลับอัตโนมัติ', 'trả lời tự động', 'thư trả lời tự động', 'balasan otomatis'],
  ...['balasan automatik', 'स्वचालित उत्तर', 'स्वचालित प्रत्युत्तर'],
].map((prefix) => comparable(prefix));

/** Lotus Notes writes the full name of the absent person: `Ada Lovelace/Sales/Contoso is out of the office.` */
const notes =
  /^(\[[^\]]{1,80}\] ?)?[^:/]{1,60}(\/[^:/]{1,40}){1,4} (is out of the office|ist (außer|ausser|nicht im) (haus|büro)|est absente?|è assente|está ausente)\b/u;

/** True for a subject that begins with such words, and then a colon, a dash, or nothing; and for that of Lotus Notes. */
export function saysAutomatic(subject: string): boolean {
  const text = comparable(subject);
  const begins = prefixes.some((prefix) => text.startsWith(prefix) && /^\s?(:|-|$)/.test(text.slice(prefix.length)));
  return begins || notes.test(text);
}

// Of someone who is not there; people write that of themselves, too.
const away = new RegExp(
  [
    /\bout[ -]of[ -](the )?office\b|\booo\b|\b(am|is|currently) away\b|\baway (from|until|till)\b|\bon (vacation|leave)\b/,
    /\bvacation\b|\bauto(matic|mated)?[ -]?(reply|response|answer)\b|abwesen|\burlaub\b|nicht im (büro|haus)/,
    /\babsen(t|ce)\b|\bcongés?\b|\bausente\b|ausencia|ausência|fuera de (la )?oficina|fuori (sede|ufficio)|\bassente\b/,
    /afwezig|frånvaro|fraværende|\bferie\b|poissa|poza biurem|nieobecn|mimo kancelář|házon kívül|absent/,
    /отсутств|в отпуске|відсутн|εκτός γραφείου|ofis dışında|不在|外出|休假|休暇|부재중|ngoài văn phòng/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'u',
);

export const isAway = (subject: string): boolean => away.test(comparable(subject));

const forwarded = /^\s*(fwd?|wg|tr|rv|rv|doorst|vs|vb|i|enc|pd|továbbítás|转发|轉寄|転送|전달)\s*[:：]/i;

export const isForwarded = (subject: string): boolean => forwarded.test(subject);

/** In one form of letters; full-width colons and dashes as the narrow ones, marks of direction and brackets left out. */
function comparable(subject: string): string {
  return subject
    .slice(0, 500)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\p{Cf}/gu, '')
    .replace(/[–—]/g, '-')
    .replace(/\s+/g, ' ')
    .replace(/^[\s"'*]+/, '');
}
