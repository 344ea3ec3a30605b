import { dice as diceOf } from './dice.ts';
import { type MailWorld, type NewMail, type Physical, type SimFolder, type SimMailbox, watchedPaths } from './mail.ts';
import type { Ground } from './process.ts';

const dayMs = 86_400_000;

/** What the owners of mailboxes, and those who write to them, do. */
export interface People {
  /** Fills a mailbox with what was there before anyone connected it. */
  furnish(mailbox: SimMailbox): void;
  /** From now on things happen in it, about every `everyMs`. */
  enter(mailbox: SimMailbox, everyMs: number): void;
  /** A period without any action. */
  rest(ms: number): void;
  /** A message has been delivered: it may go, and another one come whose sender says the same of it. */
  imitate(message: Physical): void;
  /** Someone touches a message just now. */
  meddle(message: Physical): void;
  /** Ends everything that hides mail or folders. */
  calm(): void;
}

/** @param inRetryQueue the messages of a mailbox that are retried, or were given up */
export function createPeople(
  ground: Ground,
  mail: MailWorld,
  inRetryQueue: (mailbox: SimMailbox) => readonly Physical[],
): People {
  const { scheduler, faults, dice } = ground;
  /** Apart from the others, so that a seed stays the life that it is. */
  const past = diceOf(`${ground.seed} past`);
  let restingUntil = 0;

  const folderOf = (mailbox: SimMailbox, path: string): SimFolder => {
    const folder = mailbox.folders.get(path);
    if (folder === undefined) throw new Error(`no folder ${path}`);
    return folder;
  };
  const anywhere = (mailbox: SimMailbox): SimFolder =>
    folderOf(mailbox, dice.pick(dice.chance(0.75) ? watchedPaths : ['Elsewhere']) ?? 'INBOX');
  const present = (mailbox: SimMailbox): Physical | undefined => {
    const bad = mailbox.all.filter((message) => message.bad !== undefined && message.place !== undefined);
    if (bad.length > 0 && dice.chance(0.35)) return dice.pick(bad);
    const some = dice.pick([...mailbox.folders.values()].filter((folder) => folder.messages.length > 0));
    // Mostly the newest: those are the ones that are under way.
    return dice.chance(0.6) ? some?.messages.at(-1 - dice.below(3)) : dice.pick(some?.messages ?? []);
  };

  function hide(message: Physical): void {
    const now = scheduler.now();
    if (faults.strikes('searchLag')) message.unlistedUntil = now + faults.size('searchLag', 1_000, 240_000);
    if (faults.strikes('fetchLag')) message.unansweredUntil = now + faults.size('fetchLag', 1_000, 240_000);
    if (message.unlistedUntil > 0 || message.unansweredUntil > 0) message.wasHidden = true;
    if (!faults.strikes('headerless')) return;
    const isShort = faults.size('headerless', 0, 1) < 0.5;
    behead(message, isShort ? now + faults.size('headerless', 1_000, 400_000) : Number.POSITIVE_INFINITY);
  }

  function behead(message: Physical, until: number): void {
    message.headerlessUntil = until;
    message.wasHeaderless = true;
    message.wasHidden = true;
  }

  /** What a sender says of a mail who repeats himself, or whom someone imitates. */
  function repeated({ messageId, date, sender, subject }: Physical, kind: 'repeat' | 'imitate'): NewMail {
    return faults.size(kind, 0, 1) < 0.4 ? { messageId } : { messageId, date, sender, subject };
  }

  function arrive(folder: SimFolder): void {
    if (!folder.exists) return;
    const withoutId = faults.strikes('withoutId');
    const earlier = faults.strikes('repeat') ? faults.pick('repeat', folder.mailbox.all) : undefined;
    const isImported = faults.strikes('imported');
    const message = mail.add(folder, {
      ...(withoutId ? { messageId: undefined } : {}),
      // Two of these in one second would be one mail to anyone who looks at them.
      ...(earlier !== undefined ? repeated(earlier, 'repeat') : isImported ? { received: undefined } : {}),
    });
    hide(message);
    if (faults.strikes('badMessage')) {
      message.bad = dice.chance(0.7) ? 'refused' : 'times out';
      // Some receivers are fixed.
      scheduler.after(faults.size('badMessage', 20_000, 4_000_000), () => {
        message.bad = undefined;
      });
    }
    if (faults.strikes('choke')) message.bad = faults.size('choke', 0, 1) < 0.7 ? 'refused' : 'times out';
    if (faults.strikes('haste')) {
      scheduler.after(faults.size('haste', 0, 4_000), () => {
        if (message.place !== undefined && !faults.stopped) touch(message);
      });
    }
  }

  function touch(message: Physical): void {
    if (faults.strikes('remove')) {
      mail.remove(message);
      return;
    }
    if (faults.strikes('mark')) {
      mail.mark(message, dice.pick(['seen', 'seen', 'flagged', 'answered'] as const) ?? 'seen');
      return;
    }
    const to = anywhere(message.mailbox);
    if (!to.exists) return;
    if (faults.strikes('copy')) {
      hide(mail.copy(message, to));
      return;
    }
    if (!faults.strikes('move') && !faults.strikes('moveBack')) return;
    const from = message.place?.folder;
    mail.move(message, to);
    hide(message);
    if (from === undefined || !faults.strikes('moveBack')) return;
    // A to B to A, before anyone has looked or after.
    scheduler.after(faults.size('moveBack', 0, 100_000), () => {
      if (message.place?.folder === to && from.exists && !faults.stopped) mail.move(message, from);
    });
  }

  /** Moves a message from the retry queue to another folder, and perhaps back, before or after a poll. */
  function shuffle(message: Physical): void {
    const from = message.place?.folder;
    const to = message.mailbox.folders.get(from?.path === 'INBOX' ? 'Archive' : 'INBOX');
    if (from === undefined || to?.exists !== true) return;
    mail.move(message, to);
    if (faults.size('shuffle', 0, 1) < 0.5) return;
    scheduler.after(faults.size('shuffle', 0, 150_000), () => {
      if (message.place?.folder === to && from.exists && !faults.stopped) mail.move(message, from);
    });
  }

  function act(mailbox: SimMailbox): void {
    const waiting = faults.strikes('shuffle') ? faults.pick('shuffle', inRetryQueue(mailbox)) : undefined;
    if (waiting !== undefined) {
      shuffle(waiting);
      return;
    }
    if (faults.strikes('renumber')) {
      const folder = folderOf(mailbox, dice.pick(watchedPaths) ?? 'INBOX');
      if (folder.exists) mail.renumber(folder);
      return;
    }
    if (faults.strikes('folderGone')) {
      const folder = folderOf(mailbox, dice.pick(['Archive', 'Sent Items']) ?? 'Archive');
      if (!folder.exists) return;
      mail.drop(folder);
      scheduler.after(faults.size('folderGone', 1_000, 200_000), () => mail.restore(folder));
      return;
    }
    const message = present(mailbox);
    if (message !== undefined && dice.chance(0.35)) {
      touch(message);
      return;
    }
    const sentItems = folderOf(mailbox, 'Sent Items');
    if (sentItems.exists && faults.strikes('toSelf')) {
      const messageId = `<self-${scheduler.step()}@sim.example>`;
      const sent = mail.add(sentItems, { messageId, received: undefined });
      mail.add(folderOf(mailbox, 'INBOX'), { messageId, date: sent.date, subject: sent.subject, like: sent });
      return;
    }
    const inbox = folderOf(mailbox, 'INBOX');
    const to = dice.chance(0.8) ? inbox : anywhere(mailbox);
    const many = faults.strikes('burst') ? Math.floor(faults.size('burst', 5, 70)) : 1;
    for (let n = 0; n < many; n++) arrive(to);
  }

  return {
    furnish(mailbox) {
      // Some have years of mail, much of it of one day or of one second.
      const much = past.chance(0.3) ? past.below(90) : 0;
      const day = past.between(1, 40);
      for (let n = 0; n < much; n++) {
        const days = past.chance(0.5) ? day + past.below(3) / 3 : past.between(0.05, 400);
        const internalDate = new Date(Math.floor((scheduler.now() - days * dayMs) / 1000) * 1000);
        mail.add(folderOf(mailbox, past.pick(watchedPaths) ?? 'INBOX'), { internalDate });
      }
      for (const path of watchedPaths) {
        for (let n = dice.below(5); n > 0; n--) {
          const internalDate = new Date(scheduler.now() - Math.floor(dice.between(0.05, 40) * dayMs));
          mail.add(folderOf(mailbox, path), { internalDate });
        }
      }
    },
    enter(mailbox, everyMs) {
      const go = () => {
        if (faults.stopped) return;
        if (scheduler.now() >= restingUntil) act(mailbox);
        scheduler.after(-Math.log(1 - dice.next()) * everyMs, go);
      };
      scheduler.after(dice.between(0, everyMs), go);
    },
    rest(ms) {
      restingUntil = Math.max(restingUntil, scheduler.now() + ms);
    },
    imitate(message) {
      if (!faults.strikes('imitate')) return;
      const { folders } = message.mailbox;
      const to = folders.get(faults.pick('imitate', ['INBOX', 'INBOX', 'Archive', 'Sent Items']) ?? 'INBOX');
      const away = folders.get(faults.pick('imitate', ['Elsewhere', 'Archive', 'INBOX']) ?? 'Elsewhere');
      const [goesAfter, comesAfter] = [faults.size('imitate', 0, 100_000), faults.size('imitate', 0, 200_000)];
      const fate = faults.size('imitate', 0, 1);
      scheduler.after(goesAfter, () => {
        if (message.place === undefined || faults.stopped) return;
        if (fate < 0.4) mail.remove(message);
        else if (fate < 0.8 && away?.exists === true) mail.move(message, away);
      });
      scheduler.after(comesAfter, () => {
        if (to?.exists !== true || faults.stopped) return;
        const other = mail.add(to, repeated(message, 'imitate'));
        hide(other);
        // Where a server cannot read one, it cannot read the next one like it.
        if (message.headerlessUntil > scheduler.now()) behead(other, message.headerlessUntil);
      });
    },
    meddle(message) {
      scheduler.after(faults.size('meddle', 0, 1_500), () => {
        if (message.place === undefined || faults.stopped) return;
        if (faults.size('meddle', 0, 1) < 0.4 && message.place.folder.role !== 'sent') shuffle(message);
        else mail.mark(message, faults.pick('meddle', ['seen', 'flagged', 'answered']) ?? 'seen');
      });
    },
    calm() {
      for (const mailbox of mail.mailboxes) {
        for (const folder of mailbox.folders.values()) mail.restore(folder);
        for (const message of mailbox.all) {
          message.unlistedUntil = 0;
          message.unansweredUntil = 0;
          message.headerlessUntil = 0;
          message.bad = undefined;
        }
      }
    },
  };
}
