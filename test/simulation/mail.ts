import type { FolderRole } from '../../src/lib/domain/mail/folder.ts';
import { dice as diceOf } from './dice.ts';
import type { Ground } from './process.ts';
import type { Bounce } from './sending/post-office.ts';

/** Where a message lies or lay. */
export interface Place {
  readonly folder: SimFolder;
  readonly uidValidity: bigint;
  readonly uid: number;
  readonly since: number;
}

export interface Flags {
  readonly seen: boolean;
  readonly flagged: boolean;
  readonly answered: boolean;
}

/** A message as its owner sees it: it stays the same when it is moved or its folder is renumbered. A copy is another one. */
export interface Physical {
  readonly id: number;
  readonly mailbox: SimMailbox;
  /** Those of its mailbox with indistinguishable headers: copies, and what came to oneself. Itself too. */
  readonly family: Physical[];
  readonly messageId: string | undefined;
  /** The Date header. */
  readonly date: string;
  readonly subject: string;
  /** The address that it is from. */
  readonly sender: string;
  /** The topmost Received line; undefined if it never passed a server. */
  readonly received: string | undefined;
  /** The date of arrival that it had at first. */
  readonly arrivedAt: Date;
  internalDate: Date;
  readonly bornAt: number;
  /** Every place it ever had; the last one is where it is. */
  readonly places: Place[];
  place: Place | undefined;
  /** Until when SEARCH leaves it out, or FETCH does not answer it, although it is there. */
  unlistedUntil: number;
  unansweredUntil: number;
  /** Until when FETCH gives none of its headers, and whether it ever did so. */
  headerlessUntil: number;
  wasHeaderless: boolean;
  /** Whether it ever was hidden in one of these ways. */
  wasHidden: boolean;
  flags: Flags;
  /** Of those that programs made up: `$Forwarded`. */
  readonly keywords: Set<string>;
  /** What our header says: the copy of what went out through the broker. */
  readonly submissionId: string | undefined;
  readonly bounce: Bounce | undefined;
  /** What a receiver thinks of it. */
  bad: 'refused' | 'times out' | undefined;
}

export interface SimFolder {
  readonly mailbox: SimMailbox;
  readonly path: string;
  readonly role: FolderRole | undefined;
  exists: boolean;
  uidValidity: bigint;
  uidNext: number;
  /** In order of their UIDs. */
  messages: Physical[];
  /** When it was last renumbered, or recreated. */
  renumberedAt: number;
}

export interface SimMailbox {
  readonly login: string;
  /** Whether its server gives a new INTERNALDATE to what is moved or copied. */
  readonly stampsAnew: boolean;
  /** Whether its server keeps `$Forwarded`. */
  readonly keepsForwarded: boolean;
  readonly folders: ReadonlyMap<string, SimFolder>;
  /** Everything that ever was in it. */
  readonly all: Physical[];
}

export interface NewMail {
  readonly subject?: string;
  readonly messageId?: string | undefined;
  readonly date?: string;
  readonly sender?: string;
  /** Undefined for what passed no server; by default each delivery has its own. */
  readonly received?: string | undefined;
  /** A message that is indistinguishable from it. */
  readonly like?: Physical;
  readonly internalDate?: Date;
  readonly submissionId?: string | undefined;
  readonly bounce?: Bounce | undefined;
}

/** What mailbox owners and the world do to mailboxes; each at once. */
export interface MailWorld {
  mailbox(login: string): SimMailbox;
  readonly mailboxes: readonly SimMailbox[];
  /** By its number. */
  message(id: number): Physical | undefined;
  add(folder: SimFolder, mail?: NewMail): Physical;
  move(message: Physical, to: SimFolder): void;
  copy(message: Physical, to: SimFolder): Physical;
  remove(message: Physical): void;
  /** Sets flags on it, for the broker. */
  store(message: Physical, flags: readonly string[]): void;
  /** Puts a message into a folder, for the broker. */
  append(folder: SimFolder, source: Buffer, mail: NewMail): Physical;
  /** Turns one of its flags over. */
  mark(message: Physical, flag: keyof Flags): void;
  renumber(folder: SimFolder): void;
  /** The folder goes with all that is in it; a new one of its name may come. */
  drop(folder: SimFolder): void;
  restore(folder: SimFolder): void;
}

export const senders = ['bob@elsewhere.example', 'eva@elsewhere.example', 'news@letters.example'] as const;

export const watchedPaths = ['INBOX', 'Archive', 'Sent Items'] as const;

/** Told of what the broker does to mailboxes. */
export interface Ours {
  onStored(message: Physical, flags: readonly string[]): void;
  onAppended(message: Physical, source: Buffer): void;
}

const roles: Readonly<Record<string, FolderRole>> = { INBOX: 'inbox', Archive: 'archive', 'Sent Items': 'sent' };

/** @param skewMs how wrong the clocks of the mail servers are */
export function createMailWorld(
  ground: Ground,
  skewMs: number,
  onPlaced: (message: Physical, place: Place) => void,
  ours: Ours,
): MailWorld {
  const { scheduler, dice, trace } = ground;
  const mailboxes = new Map<string, SimMailbox>();
  const messages: Physical[] = [];
  const post = diceOf(`${ground.seed} senders`);
  const makes = diceOf(`${ground.seed} servers`);
  const keeps = diceOf(`${ground.seed} keywords`);

  function mailbox(login: string): SimMailbox {
    const known = mailboxes.get(login);
    if (known !== undefined) return known;
    const folders = new Map<string, SimFolder>();
    const made: SimMailbox = {
      login,
      stampsAnew: makes.chance(0.4),
      keepsForwarded: keeps.chance(0.7),
      folders,
      all: [],
    };
    for (const path of [...watchedPaths, 'Elsewhere']) {
      folders.set(path, {
        mailbox: made,
        path,
        role: roles[path],
        exists: true,
        uidValidity: BigInt(1 + dice.below(1000)),
        uidNext: 1 + dice.below(5),
        messages: [],
        renumberedAt: 0,
      });
    }
    mailboxes.set(login, made);
    return made;
  }

  function put(message: Physical, folder: SimFolder): void {
    const place: Place = { folder, uidValidity: folder.uidValidity, uid: folder.uidNext++, since: scheduler.now() };
    folder.messages.push(message);
    message.place = place;
    message.places.push(place);
    onPlaced(message, place);
  }

  function take(message: Physical): void {
    const folder = message.place?.folder;
    if (folder !== undefined) folder.messages = folder.messages.filter((other) => other !== message);
    message.place = undefined;
  }

  const now = () => new Date(Math.floor((scheduler.now() + skewMs) / 1000) * 1000);

  function add(folder: SimFolder, mail: NewMail = {}): Physical {
    const id = messages.length + 1;
    const internalDate = mail.internalDate ?? now();
    const sender = mail.like?.sender ?? post.pick(senders) ?? senders[0];
    const message: Physical = {
      id,
      mailbox: folder.mailbox,
      family: mail.like?.family ?? [],
      messageId: 'messageId' in mail ? mail.messageId : `<${id}@sim.example>`,
      date: mail.date ?? internalDate.toUTCString(),
      subject: mail.subject ?? `mail ${id}`,
      sender: mail.sender ?? sender,
      received: 'received' in mail ? mail.received : `by mx.sim.example with ESMTP id ${id}`,
      submissionId: mail.submissionId,
      bounce: mail.bounce,
      arrivedAt: internalDate,
      internalDate,
      bornAt: scheduler.now(),
      places: [],
      place: undefined,
      unlistedUntil: 0,
      unansweredUntil: 0,
      headerlessUntil: 0,
      wasHeaderless: false,
      wasHidden: false,
      // What one has written oneself is read.
      flags: mail.like?.flags ?? { seen: folder.role === 'sent', flagged: false, answered: false },
      keywords: new Set(),
      bad: undefined,
    };
    messages.push(message);
    message.family.push(message);
    folder.mailbox.all.push(message);
    put(message, folder);
    return message;
  }

  const who = (folder: SimFolder) => folder.mailbox.login.split('@')[0] ?? '';
  const at = (message: Physical) => `${message.place?.folder.path} ${message.place?.uid}`;

  return {
    mailbox,
    get mailboxes() {
      return [...mailboxes.values()];
    },
    message: (id) => messages[id - 1],
    add(folder, mail) {
      const message = add(folder, mail);
      trace.note(who(folder), () => `m${message.id} arrives in ${at(message)}`);
      return message;
    },
    move(message, to) {
      const from = at(message);
      take(message);
      if (message.mailbox.stampsAnew) message.internalDate = now();
      put(message, to);
      trace.note(who(to), () => `moves m${message.id} from ${from} to ${at(message)}`);
    },
    copy(message, to) {
      const { subject, messageId, date, received, submissionId, bounce } = message;
      const internalDate = message.mailbox.stampsAnew ? now() : message.internalDate;
      const copy = add(to, {
        ...{ subject, messageId, date, received, internalDate, submissionId, bounce },
        like: message,
      });
      trace.note(who(to), () => `copies m${message.id} to ${at(copy)} as m${copy.id}`);
      return copy;
    },
    remove(message) {
      trace.note(message.mailbox.login.split('@')[0] ?? '', () => `deletes m${message.id} from ${at(message)}`);
      take(message);
    },
    store(message, flags) {
      trace.note(message.mailbox.login.split('@')[0] ?? '', () => `is told ${flags.join(' ')} of m${message.id}`);
      for (const flag of flags) {
        if (flag === '\\Answered') message.flags = { ...message.flags, answered: true };
        else message.keywords.add(flag);
      }
      ours.onStored(message, flags);
    },
    append(folder, source, mail) {
      const message = add(folder, mail);
      trace.note(who(folder), () => `is given m${message.id} for ${at(message)}`);
      ours.onAppended(message, source);
      return message;
    },
    mark(message, flag) {
      message.flags = { ...message.flags, [flag]: !message.flags[flag] };
      const no = message.flags[flag] ? '' : 'not ';
      trace.note(message.mailbox.login.split('@')[0] ?? '', () => `marks m${message.id} ${no}${flag}`);
    },
    renumber(folder) {
      folder.uidValidity += 1n;
      folder.renumberedAt = scheduler.now();
      // Mostly in the old order, as a repaired index has it; sometimes in any.
      const messages = [...folder.messages];
      if (dice.chance(0.3)) messages.sort(() => dice.next() - 0.5);
      folder.messages = [];
      folder.uidNext = 1 + dice.below(3);
      for (const message of messages) put(message, folder);
      trace.note(
        who(folder),
        () => `${folder.path} is renumbered: ${messages.map((one) => `m${one.id}=${one.place?.uid}`).join(' ')}`,
      );
    },
    drop(folder) {
      trace.note(
        who(folder),
        () => `${folder.path} is deleted with ${folder.messages.map((one) => `m${one.id}`).join(' ')}`,
      );
      for (const message of [...folder.messages]) take(message);
      folder.exists = false;
      folder.renumberedAt = scheduler.now();
    },
    restore(folder) {
      if (folder.exists) return;
      folder.exists = true;
      folder.uidValidity += 1n;
      folder.uidNext = 1;
      folder.renumberedAt = scheduler.now();
      trace.note(who(folder), () => `${folder.path} is made anew`);
    },
  };
}
