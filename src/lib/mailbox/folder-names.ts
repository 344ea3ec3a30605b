import type { FolderRole } from '../domain/folder.ts';

/**
 * What Outlook calls its own folders, by language of the mailbox: Exchange offers no SPECIAL-USE, so the name is all there
 * is. imapflow has a
 * table of its own, which is asked first; this one fills its gaps.
 */
export const outlookNames: Readonly<Partial<Record<FolderRole, readonly string[]>>> = {
  sent: [
    'العناصر المرسلة',
    'Изпратени елементи',
    'Изпратени съобщения',
    'Elements enviats',
    'Poslane stavke',
    'Odeslané položky',
    'Sendte elementer',
    'Saadetud kirjad',
    'Lähetetyt viestit',
    'Bidalitako elementuak',
    'Elementos enviados',
    'भेजे गए आइटम',
    'Item Terkirim',
    'Sendir hlutir',
    'Posta inviata',
    'Жіберілген элементтер',
    '보낸 편지함',
    'Išsiųsti elementai',
    'Išsiųstos žinutės',
    'Nosūtītie vienumi',
    'Item Dihantar',
    'Verzonden items',
    'Elementy wysłane',
    'Itens Enviados',
    'Elemente trimise',
    'Отправленные',
    'Odoslané položky',
    'Poslani elementi',
    'Послате ставке',
    'Ставке послате',
    'Skickade objekt',
    'รายการที่ถูกส่ง',
    'รายการที่ส่ง',
    'Gönderilmiş Öğeler',
    'Надіслані елементи',
    'بھیجے گئے آئٹمز',
    'Mục đã Gửi',
    '已傳送的郵件',
    '寄件備份',
    '已发送邮件',
    '送信済みアイテム',
  ],
};
