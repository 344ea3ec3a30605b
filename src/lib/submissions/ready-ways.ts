import type { WayName } from '../domain/submission.ts';
import type { Closed, Deferred, ReadyWay } from '../send/way.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { SendingDeps } from './types.ts';

/** The one way that a run has open: Exchange counts connections, and a run sends one message after the other. */
export interface ReadyWays {
  /** Signs in, or continues with what is open. @throws what {@link Way.prepare} throws */
  get(way: WayName, mailbox: MailboxRow, signal: AbortSignal): Promise<ReadyWay | Deferred | Closed>;
  /** Of a way on which something went wrong, no second message is sent. */
  drop(): Promise<void>;
}

export function createReadyWays(deps: Pick<SendingDeps, 'ways' | 'account'>): ReadyWays {
  let open: { readonly key: string; readonly way: ReadyWay } | undefined;
  const drop = async () => {
    const last = open;
    open = undefined;
    await last?.way.close();
  };
  return {
    drop,
    async get(name, mailbox, signal) {
      const key = `${name}!${mailbox.id}`;
      if (open?.key === key) return open.way;
      await drop();
      const way = deps.ways.get(name);
      if (way === undefined) return { kind: 'closed', code: 'submission_no_way' };
      const ready = await way.prepare(await deps.account(mailbox), signal);
      if (ready.kind === 'ready') open = { key, way: ready };
      return ready;
    },
  };
}
