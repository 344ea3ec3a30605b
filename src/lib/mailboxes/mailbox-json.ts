import { errorTable } from '../error-codes.ts';
import type { MailboxProgress, MailboxView } from '../store/mailboxes/registry.ts';

/** A mailbox as the API shows it. Sentence and remedy follow from the code and are not stored. */
export function mailboxJson({ row, state, shown, filter }: MailboxView) {
  const entry = state !== undefined && Object.hasOwn(errorTable, state.code) ? state.code : undefined;
  const trouble = entry === undefined ? undefined : errorTable[entry as keyof typeof errorTable];
  return {
    id: row.id,
    address: row.address,
    login: row.login,
    // `app`: opened by the app itself. `delegated`: by the sign-in of a person.
    auth: row.grant.kind === 'app' ? 'app' : 'delegated',
    shared: row.shared,
    label: row.label ?? null,
    ownerRef: row.ownerRef ?? null,
    destinationId: row.destinationId,
    state: shown,
    since: state?.since ?? null,
    code: state === undefined || state.code === '' ? null : state.code,
    detail: trouble?.sentence ?? null,
    remedy: trouble?.remedy ?? null,
    who: trouble?.who ?? null,
    paused: row.paused,
    // One that is watched by its role alone has no path here.
    folders: row.folders.map(({ id, path, role }) => ({ id, path: path === '' ? null : path, role: role ?? null })),
    // A list does not read it.
    filter: row.filterRevision === undefined ? null : filter,
    syncFrom: row.syncFrom ?? null,
    sendVia: row.sendVia ?? 'auto',
    createdAt: row.createdAt,
  };
}

/** The same with its last delivery and how its first sync goes; null where no mail from before is wanted. A list does not read that. */
export function mailboxJsonWithSync(view: MailboxView, { firstSync, ...progress }: MailboxProgress) {
  const lastDelivery = progress.lastDelivery ?? null;
  if (firstSync === undefined) return { ...mailboxJson(view), lastDelivery, firstSync: null };
  const { state, since, done, total, ratePerMinute, secondsLeft } = firstSync;
  return {
    ...mailboxJson(view),
    lastDelivery,
    firstSync: {
      state,
      since,
      done,
      total: total ?? null,
      ratePerMinute: ratePerMinute ?? null,
      secondsLeft: secondsLeft ?? null,
    },
  };
}
