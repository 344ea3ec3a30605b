import type { ImapFlow } from 'imapflow';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { startDovecotForTests } from './dovecot.ts';
import { type ImapServer, startEmbeddedForTests } from './embedded.ts';
import { describeNeeding, type Requirement } from './requirements.ts';

/** What stands around a mailbox over HTTP: see reading-world.ts. */
interface MailboxWorld {
  client(): Promise<ImapFlow>;
  close(): Promise<void>;
}

export interface Given<World> {
  readonly server: ImapServer;
  readonly world: World;
  /** Another program at the same mailbox. */
  readonly other: ImapFlow;
}

interface Suite<World> {
  /** At most as many tests as this: each gets a mailbox of its own. */
  readonly mailboxes: number;
  readonly open: (server: ImapServer, address: string) => World | Promise<World>;
}

interface Around<World> {
  readonly kind: 'embedded' | 'dovecot';
  /** Called before every test with what it works on. */
  readonly onEach: (begin: (given: Given<World>) => void) => void;
}

/** One suite over a real socket, once on the embedded server and once on a Dovecot that hides what Exchange does not have. */
export function describeMailboxServers<World extends MailboxWorld>(
  name: string,
  { mailboxes, open }: Suite<World>,
  body: (around: Around<World>) => void,
): void {
  const names = Array.from({ length: mailboxes }, (_, n) => `user${n}@contoso.example`);
  const servers: readonly [string, readonly Requirement[], Around<World>['kind'], () => Promise<ImapServer>][] = [
    ['the embedded server', [], 'embedded', () => startEmbeddedForTests(names)],
    ['Dovecot, hiding what Exchange does not have', ['dovecot'], 'dovecot', () => startDovecotForTests()],
  ];
  describe.each(servers)(`${name}, on %s`, (_, needs, kind, start) => {
    describeNeeding(needs, 'over a real socket', () => {
      let given: Given<World>;
      let server: ImapServer;
      let next = 0;
      beforeAll(async () => {
        server = await start();
      });
      afterAll(() => server?.stop());
      body({
        kind,
        onEach: (begin) => {
          beforeEach(async () => {
            const world = await open(server, names[next++] ?? '');
            given = { server, world, other: await world.client() };
            begin(given);
          });
          afterEach(async () => {
            await given.world.close();
            await given.other.logout();
          });
        },
      });
    });
  });
}

/** Puts a message into a folder as another program would, always received at the same moment. Returns its uid. */
export async function append(
  other: ImapFlow,
  source: Buffer,
  { folder = 'INBOX', flags = [] }: { readonly folder?: string; readonly flags?: string[] } = {},
): Promise<number> {
  const stored = await other.append(folder, source, flags, new Date('2026-03-01T10:00:00Z'));
  if (stored === false || stored.uid === undefined) throw new Error('not stored');
  return stored.uid;
}
