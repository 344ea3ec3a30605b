import type { PageTexts } from './texts.ts';

export const zh: PageTexts = {
  tag: 'zh-Hans',
  product: 'NocoBase 邮箱连接',
  details: '供管理员参考的详细信息',
  requestId: '请求编号',
  back: (host) => `返回 ${host}`,
  again: '重新开始',
  connect: {
    title: '连接您的邮箱',
    lead: '有人请您连接一个邮箱，以便在 NocoBase 中处理其中的邮件。',
    asks: '请求方',
    mailbox: '邮箱',
    anyMailbox: '您登录时所用的邮箱',
    receiver: '邮件将发送到',
    syncStart: '邮件范围',
    syncStarts: {
      now: '仅新邮件',
      month: '新邮件，以及最近一个月的邮件',
      resumed: '新邮件，从上次停止处继续',
    },
    since: (date) => `新邮件，以及自 ${date} 以来的邮件`,
    button: '前往 Microsoft 登录',
    notes: {
      lock: '您在 Microsoft 的页面登录，我们不会看到您的密码。',
      onward: '上述范围内的邮件会转送到该地址。您邮箱中的内容不会被更改。',
      back: '您可以随时在 Microsoft 帐户中收回此授权。',
    },
  },
  connected: {
    title: '您的邮箱已连接',
    lead: '该邮箱的邮件现在会被转送。',
    close: '您可以关闭此窗口。',
  },
  adminConsent: {
    title: '为您的组织允许邮箱连接',
    lead: {
      delegated: '请您以 Microsoft 365 管理员的身份，允许用户连接自己的邮箱，以便在 NocoBase 中处理其中的邮件。',
      app: '请您以 Microsoft 365 管理员的身份，允许此应用打开您选定的共享邮箱，以便在 NocoBase 中处理其中的邮件。',
    },
    organisation: '组织',
    anyOrganisation: '您登录时所属的组织',
    allows: '允许的内容',
    what: {
      delegated: '为已登录的用户读取和发送邮件，并读取其姓名和地址',
      app: '读取和发送您在 Exchange 中授权给此应用的邮箱的邮件，无需任何人登录',
    },
    notes: {
      delegated: {
        lock: '您在 Microsoft 的页面登录，接受之前会再次列出这些权限。',
        onward: '此操作不会连接任何邮箱。每个人通过自己的链接连接自己的邮箱。',
        back: '您可以随时在 Microsoft Entra 的“企业应用程序”中撤销此同意。',
      },
      app: {
        lock: '您在 Microsoft 的页面登录，接受之前会再次列出这些权限。',
        onward: '仅此操作不会打开任何邮箱。之后请在 Exchange 中逐个授予此应用访问权限。',
        back: '您可以随时在 Microsoft Entra 的“企业应用程序”中撤销此同意。',
      },
    },
  },
  consented: {
    title: '谢谢，操作已完成',
    happened: 'Microsoft 已确认同意。',
    todo: {
      delegated: '请通知正在等待的用户：再次打开连接邮箱的链接即可。已停止的邮箱会自动恢复。',
      app: '现在请在 Exchange 中授予此应用访问各个邮箱的权限（New-ServicePrincipal，然后 Add-MailboxPermission），再在连接服务中添加邮箱。',
    },
  },
  adminLink: {
    lead: '请把此链接发给您的 Microsoft 365 管理员：',
    perhaps: 'Microsoft 是否要求管理员批准？如果是，请把此链接发给您的管理员：',
    send: '用邮件发送此链接',
    mailSubject: '请批准邮箱连接',
    mailBody: '为了连接我的邮箱，需要我们 Microsoft 365 的管理员批准。请打开此链接并接受：',
    until: (date) => `链接有效期至 ${date}。`,
    afterwards: '管理员接受之后，请再次打开您自己的链接，链接仍然有效。',
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
  recreated: {
    title: '此邮箱属于另一个帐户',
    happened:
      '该邮箱是由一个与您地址相同的帐户连接的。您的帐户是另一个帐户：帐户已被重新创建，或者该地址后来才分配给您。没有任何更改。',
    todo: '请把下面的详细信息发给向您发送链接的人。移除原有的连接之后，对方可以给您发送新的链接。',
  },
  noAddress: {
    title: '无法得知您的邮件地址',
    happened: '您登录时使用的名称不是邮件地址，并且我们看不到您帐户的邮件地址。未连接任何邮箱。',
    todo: '请向发送链接的人索取一个写明您邮件地址的链接。',
  },
  needsAdmin: {
    title: '需要管理员先批准',
    happened: '您所在的组织不允许您自行授权。未连接任何邮箱。',
    todo: '请把下面的详细信息发给您的 Microsoft 365 管理员。处理完成后再次打开此链接即可，链接仍然有效。',
  },
  blocked: {
    title: '您的组织阻止了此次登录',
    happened: 'Microsoft 因您所在组织的规则（例如对设备、地点或应用的限制）没有允许登录。未连接任何邮箱。',
    todo: '请在由组织管理的设备上重试。如果再次发生，请把下面的详细信息发给您的 Microsoft 365 管理员。您的链接仍然有效。',
  },
  consentDeclined: {
    title: '尚未同意',
    happened: '权限在 Microsoft 页面被拒绝，因此没有任何更改。',
    todo: '如果是误操作，或者您不是管理员，请使用正确的帐户重新开始；否则请关闭此窗口。',
  },
  consentFailed: {
    title: 'Microsoft 没有接受此同意',
    happened: '没有任何更改，此链接仍然有效。',
    todo: '请使用管理员帐户重新开始。如果再次发生，下面的详细信息说明了原因。',
  },
  consentSpent: {
    title: '此操作已完成',
    happened: '管理员已经通过此链接同意。',
    todo: '这里无需再做任何事。用户可以再次打开自己的链接。',
  },
  consentAgain: {
    title: '操作尚未完成',
    happened: '过程被中断。没有任何更改，此链接仍然有效。',
    todo: '请重新开始并再次登录。',
  },
  linkInvalid: {
    title: '此链接不完整',
    happened: '此页面的地址不是我们的链接，可能有一部分被截断了。',
    todo: '请从您收到的消息中重新打开链接，或索取新的链接。',
  },
  linkExpired: {
    title: '此链接已过期',
    happened: '链接只在一段时间内有效。',
    todo: '请向发送链接的人索取新的链接。',
  },
  linkSpent: {
    title: '此链接已被使用',
    happened: '已经用它连接过一个邮箱，每个链接只能使用一次。',
    todo: '如果是您本人操作的，则无需再做任何事。如需连接其他邮箱，请索取新的链接。',
  },
  startAgain: {
    title: '登录尚未完成',
    happened: '登录过程被中断，或者超过了十分钟。没有丢失任何内容，您的链接仍然有效。',
    todo: '请重新开始并再次登录。',
  },
  openAgain: {
    title: '无法在此继续登录',
    happened: '登录是在另一个浏览器中或一天以前开始的，或者您的浏览器没有保留 Cookie。',
    todo: '请从您收到的消息中重新打开链接，并在同一个浏览器中于十分钟内完成登录。',
  },
  notConnected: {
    title: '您的邮箱未能连接',
    happened: 'Microsoft 或您的邮件服务器拒绝了请求。没有任何更改，您的链接仍然有效。',
    todo: '请重新开始。如果再次发生，请把下面的详细信息发给管理员。',
  },
  ourFault: {
    title: '我们的系统出现问题',
    happened: '您没有做错什么，您的链接仍然有效。',
    todo: '请几分钟后再试。如果问题持续，请把下面的详细信息发给管理员。',
  },
};
