/** Languages of the pages. */
export type Language = 'en' | 'zh';

/** Plain text throughout: whatever is put into it is escaped where the page is built. */
export interface PageTexts {
  /** BCP 47, for the lang attribute. */
  readonly tag: string;
  readonly product: string;
  readonly details: string;
  readonly requestId: string;
  readonly again: string;
  readonly connect: {
    readonly title: string;
    readonly lead: string;
    readonly asks: string;
    readonly mailbox: string;
    readonly anyMailbox: string;
    readonly receiver: string;
    readonly button: string;
    /** What the person has to know before she presses the button, each with its sign. */
    readonly notes: Readonly<Record<'lock' | 'onward' | 'back', string>>;
  };
  readonly connected: {
    readonly title: string;
    readonly lead: string;
    readonly close: string;
  };
  readonly declined: Notice;
  readonly wrongAccount: Notice & { readonly asked: string; readonly signedIn: string };
  readonly taken: Notice & { readonly heldBy: string };
  readonly needsAdmin: Notice;
  readonly linkInvalid: Notice;
  readonly linkExpired: Notice;
  readonly linkSpent: Notice;
  readonly startAgain: Notice;
  readonly openAgain: Notice;
  readonly notConnected: Notice;
  readonly ourFault: Notice;
}

/** A page that says one thing: what happened, and what to do. */
export interface Notice {
  readonly title: string;
  readonly happened: string;
  readonly todo: string;
}

const en: PageTexts = {
  tag: 'en',
  product: 'Mail connection for NocoBase',
  details: 'Details for your administrator',
  requestId: 'Request',
  again: 'Start again',
  connect: {
    title: 'Connect your mailbox',
    lead: 'You are asked to connect a mailbox, so that its mail can be worked with in NocoBase.',
    asks: 'Asked by',
    mailbox: 'Mailbox',
    anyMailbox: 'The one you sign in with',
    receiver: 'Mail goes to',
    button: 'Continue to Microsoft',
    notes: {
      lock: 'You sign in at Microsoft. Your password is never seen here.',
      onward: 'New mail of this mailbox is passed on to that address.',
      back: 'You can take the permission back at Microsoft at any time.',
    },
  },
  connected: {
    title: 'Your mailbox is connected',
    lead: 'From now on its new mail is passed on.',
    close: 'You can close this window.',
  },
  declined: {
    title: 'Nothing was connected',
    happened: 'The permission was declined at Microsoft, so nothing has changed.',
    todo: 'If that was a mistake, start again. Otherwise close this window.',
  },
  wrongAccount: {
    title: 'That is another account',
    happened: 'You signed in with a different account from the one that this link is for. Nothing was connected.',
    todo: 'Start again and choose the right account. If it is not offered, open the link in a private window.',
    asked: 'The link is for',
    signedIn: 'You signed in as',
  },
  taken: {
    title: 'This address is connected already',
    happened: 'Another person has connected this address. Nothing was changed.',
    todo: 'Ask your administrator to remove the other connection first, or sign in as that person.',
    heldBy: 'Connected by',
  },
  needsAdmin: {
    title: 'Your administrator has to act first',
    happened: 'Your organisation does not let you allow this by yourself. Nothing was connected.',
    todo: 'Send the details below to the administrator of your Microsoft 365. Afterwards open the link once more: it stays good.',
  },
  linkInvalid: {
    title: 'This link is not complete',
    happened: 'The address of this page is not one of our links. Perhaps a part of it was cut off.',
    todo: 'Open the link again from the message that you received, or ask for a new one.',
  },
  linkExpired: {
    title: 'This link has expired',
    happened: 'Links are good for a limited time, and this one is past it.',
    todo: 'Ask the person who sent it for a new one.',
  },
  linkSpent: {
    title: 'This link has been used',
    happened: 'A mailbox was connected with it, and it works only once.',
    todo: 'If that was you, there is nothing left to do. To connect another mailbox, ask for a new link.',
  },
  startAgain: {
    title: 'This sign-in was not finished',
    happened: 'It was interrupted on the way. Nothing is lost, and your link is still good.',
    todo: 'Start again to sign in once more.',
  },
  openAgain: {
    title: 'This sign-in cannot be continued here',
    happened: 'It was begun in another browser, too long ago, or your browser did not keep its cookie.',
    todo: 'Open the link from your message again and sign in within ten minutes, in one and the same browser.',
  },
  notConnected: {
    title: 'Your mailbox was not connected',
    happened: 'Microsoft or your mail server did not agree. Nothing was changed, and your link is still good.',
    todo: 'Start again. If it happens once more, send the details below to your administrator.',
  },
  ourFault: {
    title: 'Something is wrong on our side',
    happened: 'You did nothing wrong, and your link is still good.',
    todo: 'Try again in a few minutes. If it lasts, send the details below to your administrator.',
  },
};

const zh: PageTexts = {
  tag: 'zh-Hans',
  product: 'NocoBase 邮箱连接',
  details: '供管理员参考的详细信息',
  requestId: '请求编号',
  again: '重新开始',
  connect: {
    title: '连接您的邮箱',
    lead: '有人请您连接一个邮箱，以便在 NocoBase 中处理其中的邮件。',
    asks: '请求方',
    mailbox: '邮箱',
    anyMailbox: '您登录时所用的邮箱',
    receiver: '邮件将发送到',
    button: '前往 Microsoft 登录',
    notes: {
      lock: '您在 Microsoft 的页面登录，我们不会看到您的密码。',
      onward: '此后，该邮箱的新邮件会转到上面的地址。',
      back: '您可以随时在 Microsoft 帐户中收回此授权。',
    },
  },
  connected: {
    title: '您的邮箱已连接',
    lead: '从现在起，该邮箱的新邮件会被转送。',
    close: '您可以关闭此窗口。',
  },
  declined: {
    title: '未连接任何邮箱',
    happened: '您在 Microsoft 页面拒绝了授权，因此没有任何更改。',
    todo: '如果是误操作，请重新开始；否则请关闭此窗口。',
  },
  wrongAccount: {
    title: '登录的是另一个帐户',
    happened: '您登录的帐户与此链接所指定的帐户不同。未连接任何邮箱。',
    todo: '请重新开始并选择正确的帐户。如果没有看到该帐户，请在隐私窗口中打开链接。',
    asked: '此链接用于',
    signedIn: '您登录的帐户是',
  },
  taken: {
    title: '此地址已被连接',
    happened: '另一个人已经连接了此地址。没有任何更改。',
    todo: '请管理员先移除原有的连接，或者以那个人的身份登录。',
    heldBy: '已由此人连接',
  },
  needsAdmin: {
    title: '需要管理员先处理',
    happened: '您所在的组织不允许您自行授权。未连接任何邮箱。',
    todo: '请把下面的详细信息发给您的 Microsoft 365 管理员。处理完成后再次打开此链接即可，链接仍然有效。',
  },
  linkInvalid: {
    title: '此链接不完整',
    happened: '此页面的地址不是我们的链接，可能有一部分被截断了。',
    todo: '请从您收到的消息中重新打开链接，或索取新的链接。',
  },
  linkExpired: {
    title: '此链接已过期',
    happened: '链接只在一段时间内有效，此链接已超过期限。',
    todo: '请向发送链接的人索取新的链接。',
  },
  linkSpent: {
    title: '此链接已被使用',
    happened: '已经用它连接过一个邮箱，每个链接只能使用一次。',
    todo: '如果是您本人操作的，则无需再做任何事。如需连接其他邮箱，请索取新的链接。',
  },
  startAgain: {
    title: '登录尚未完成',
    happened: '登录过程被中断。没有丢失任何内容，您的链接仍然有效。',
    todo: '请重新开始并再次登录。',
  },
  openAgain: {
    title: '无法在此继续登录',
    happened: '登录是在另一个浏览器中开始的、时间过久，或者您的浏览器没有保留 Cookie。',
    todo: '请从您收到的消息中重新打开链接，并在同一个浏览器中于十分钟内完成登录。',
  },
  notConnected: {
    title: '您的邮箱未能连接',
    happened: 'Microsoft 或您的邮件服务器没有同意。没有任何更改，您的链接仍然有效。',
    todo: '请重新开始。如果再次发生，请把下面的详细信息发给管理员。',
  },
  ourFault: {
    title: '我们这边出了问题',
    happened: '您没有做错什么，您的链接仍然有效。',
    todo: '请几分钟后再试。如果问题持续，请把下面的详细信息发给管理员。',
  },
};

export const pageTexts: Readonly<Record<Language, PageTexts>> = { en, zh };

/** The language that a browser prefers (Accept-Language, RFC 9110 section 12.5.4); English where it names neither. */
export function pickLanguage(acceptLanguage: string | null): Language {
  const wishes = (acceptLanguage ?? '')
    .slice(0, 500)
    .split(',')
    .map((item, order) => {
      const [tag = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
      const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1');
      return { tag, weight: Number.isFinite(weight) ? weight : 0, order };
    })
    .filter((wish) => wish.weight > 0)
    .sort((one, other) => other.weight - one.weight || one.order - other.order);
  for (const { tag } of wishes) {
    if (tag === 'zh' || tag.startsWith('zh-')) return 'zh';
    if (tag === 'en' || tag.startsWith('en-')) return 'en';
  }
  return 'en';
}
