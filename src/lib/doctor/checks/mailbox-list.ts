import type { MailboxView, Registry } from '../../store/mailboxes/registry.ts';
import { everyItem } from '../../store/table/every-item.ts';
import type { Finding, KeyAccess } from './types.ts';

const pageSize = 200;

/** Log-ins at once, of one check: a hundred of 700 ms each take some four seconds then. */
export const loginsAtOnce = 20;

/** All mailboxes that the caller may see, page by page. @throws BrokerError `storage_unreachable` */
export const everyMailbox = (registry: Pick<Registry, 'list'>, access: KeyAccess): AsyncGenerator<MailboxView> =>
  everyItem((cursor) => registry.list({ where: (row) => access.mailbox(row), limit: pageSize, cursor }));

/** Whether the mailbox works as far as its own state tells, so that only a look can tell more. */
export const seemsWell = ({ shown, state }: MailboxView): boolean =>
  shown !== 'paused' && (shown === 'active' || state === undefined || state.code === '');

/** Puts the address before the sentence: it tells a person more than an id. */
export const named = (address: string, finding: Finding): Finding =>
  'sentence' in finding
    ? {
        ...finding,
        sentence: { en: `${address}: ${finding.sentence.en}`, zh: `${address}：${finding.sentence.zh}` },
      }
    : { ...finding, name: address };
