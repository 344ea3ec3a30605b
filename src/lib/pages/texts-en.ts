import type { PageTexts } from './texts.ts';

export const en: PageTexts = {
  tag: 'en',
  product: 'Mail connection for NocoBase',
  details: 'Details for your administrator',
  requestId: 'Request',
  again: 'Start again',
  back: (host) => `Go back to ${host}`,
  connect: {
    title: 'Connect your mailbox',
    lead: 'You are asked to connect a mailbox, so that its mail can be worked with in NocoBase.',
    asks: 'Asked by',
    mailbox: 'Mailbox',
    anyMailbox: 'The one you sign in with',
    receiver: 'Mail goes to',
    syncStart: 'Which mail',
    syncStarts: {
      now: 'New mail only',
      month: 'New mail, and the mail of the past month',
      resumed: 'New mail, from where it stopped',
    },
    since: (date) => `New mail, and the mail since ${date}`,
    button: 'Continue to Microsoft',
    notes: {
      lock: 'You sign in at Microsoft. Your password is never seen here.',
      onward: 'That mail is passed on to the address above. Nothing in your mailbox is changed.',
      back: 'You can take the permission back at Microsoft at any time.',
    },
  },
  connected: {
    title: 'Your mailbox is connected',
    lead: 'Its mail is now passed on.',
    close: 'You can close this window.',
  },
  adminConsent: {
    title: 'Allow the mail connection for your organisation',
    lead: {
      delegated:
        'As an administrator of Microsoft 365 you are asked to let people connect their own mailboxes, so that they can work with their mail in NocoBase.',
      app: 'As an administrator of Microsoft 365 you are asked to let the app open shared mailboxes of your choice, so that people can work with their mail in NocoBase.',
    },
    organisation: 'Organisation',
    anyOrganisation: 'The one you sign in with',
    allows: 'What it allows',
    what: {
      delegated: 'Reading and sending mail for people who have signed in, and reading their names and addresses',
      app: 'Reading and sending mail of the mailboxes that you give the app access to in Exchange, without a user signing in',
    },
    notes: {
      delegated: {
        lock: 'You sign in at Microsoft, which lists the permissions once more before you accept.',
        onward: 'This does not connect any mailbox. People connect their own, each with a link.',
        back: 'You can withdraw the consent at any time in Microsoft Entra, under Enterprise applications.',
      },
      app: {
        lock: 'You sign in at Microsoft, which lists the permissions once more before you accept.',
        onward: 'This alone does not open any mailbox. You give the app access to each one in Exchange.',
        back: 'You can withdraw the consent at any time in Microsoft Entra, under Enterprise applications.',
      },
    },
  },
  consented: {
    title: 'Thank you, you are done here',
    happened: 'Microsoft confirms that consent was given.',
    todo: {
      delegated:
        'Tell the people who are waiting to open their links again. Mailboxes that had stopped resume automatically.',
      app: 'Now give the app access to each mailbox in Exchange (New-ServicePrincipal, then Add-MailboxPermission), and have the mailbox added in the broker.',
    },
  },
  adminLink: {
    lead: 'Send this link to the administrator of your Microsoft 365:',
    perhaps: 'Did Microsoft ask for the approval of an administrator? Then send this link to yours:',
    send: 'Write a mail with the link',
    mailSubject: 'Please approve the mail connection',
    mailBody:
      'To connect my mailbox I need the approval of an administrator of our Microsoft 365. Please open this link and accept:',
    until: (date) => `The link is valid until ${date}.`,
    afterwards: 'After the administrator has accepted, open your own link again. It stays valid.',
  },
  declined: {
    title: 'Nothing was connected',
    happened: 'The permission was declined at Microsoft, so nothing has changed.',
    todo: 'If that was a mistake, start again. Otherwise close this window.',
  },
  wrongAccount: {
    title: 'This is a different account',
    happened: 'You signed in with a different account than the one this link is for. Nothing was connected.',
    todo: 'Start again and choose the right account. If it is not offered, open the link in a private window.',
    asked: 'The link is for',
    signedIn: 'You signed in as',
  },
  taken: {
    title: 'This address is already connected',
    happened: 'Another person has connected this address. Nothing was changed.',
    todo: 'Ask your administrator to remove the other connection first, or sign in as that person.',
    heldBy: 'Connected by',
  },
  recreated: {
    title: 'This mailbox belongs to another account',
    happened:
      'It was connected with a different account that had the same address as yours: the account was recreated, or the address was given to you later. Nothing was changed.',
    todo: 'Send the details below to the person who sent you the link. Once the old connection is removed, that person can send you a new link.',
  },
  noAddress: {
    title: 'We do not know your mail address',
    happened:
      'The name you signed in with is not a mail address, and we cannot see one in your account. Nothing was connected.',
    todo: 'Ask the person who sent you the link for one that names your mail address.',
  },
  needsAdmin: {
    title: 'Your administrator has to approve first',
    happened: 'Your organisation does not let you allow this yourself. Nothing was connected.',
    todo: 'Send the details below to the administrator of your Microsoft 365. Then open the link again. It stays valid.',
  },
  blocked: {
    title: 'Your organisation blocked this sign-in',
    happened:
      'Microsoft did not let you in because of a rule of your organisation, for example about devices, places or apps. Nothing was connected.',
    todo: 'Try again on a device that your organisation manages. If it happens again, send the details below to the administrator of your Microsoft 365. Your link stays valid.',
  },
  consentDeclined: {
    title: 'No consent was given',
    happened: 'The permissions were declined at Microsoft, so nothing has changed.',
    todo: 'If that was a mistake, or you are not an administrator, start again with the right account. Otherwise close this window.',
  },
  consentFailed: {
    title: 'Microsoft did not accept the consent',
    happened: 'Nothing has changed, and this link is still valid.',
    todo: 'Start again with the account of an administrator. If it happens again, the details below show the reason.',
  },
  consentSpent: {
    title: 'This has already been done',
    happened: 'An administrator has consented with this link.',
    todo: 'There is nothing left to do here. People can open their own links again.',
  },
  consentAgain: {
    title: 'This was not finished',
    happened: 'It was interrupted. Nothing has changed, and the link is still valid.',
    todo: 'Start again to sign in once more.',
  },
  linkInvalid: {
    title: 'This link is not complete',
    happened: 'The address of this page is not one of our links. Part of it may be missing.',
    todo: 'Open the link again from the message that you received, or ask for a new one.',
  },
  linkExpired: {
    title: 'This link has expired',
    happened: 'Links are valid for a limited time.',
    todo: 'Ask the person who sent it for a new one.',
  },
  linkSpent: {
    title: 'This link has been used',
    happened: 'A mailbox was connected with it, and it works only once.',
    todo: 'If that was you, there is nothing left to do. To connect another mailbox, ask for a new link.',
  },
  startAgain: {
    title: 'This sign-in was not finished',
    happened: 'It was interrupted, or it took longer than ten minutes. Nothing is lost, and your link is still valid.',
    todo: 'Start again to sign in once more.',
  },
  openAgain: {
    title: 'This sign-in cannot be continued here',
    happened: 'It was started in another browser or more than a day ago, or your browser did not keep its cookie.',
    todo: 'Open the link from your message again and sign in within ten minutes, in the same browser.',
  },
  notConnected: {
    title: 'Your mailbox was not connected',
    happened: 'Microsoft or your mail server refused. Nothing was changed, and your link is still valid.',
    todo: 'Start again. If it happens again, send the details below to your administrator.',
  },
  ourFault: {
    title: 'Something is wrong on our side',
    happened: 'You did nothing wrong, and your link is still valid.',
    todo: 'Try again in a few minutes. If the problem persists, send the details below to your administrator.',
  },
};
