import type { FolderBaseline } from '../../src/lib/store/mailboxes/registry.ts';
import type { ReplayRequest } from '../../src/lib/store/rows/job-row.ts';
import type { App, createApi, Entra } from './app.ts';
import { dice as diceOf } from './dice.ts';
import { filterChoices } from './filters.ts';
import type { Life, Lives } from './lives.ts';
import { type MailWorld, watchedPaths } from './mail.ts';
import type { Ground, SimProcess } from './process.ts';
import type { Post } from './receiver.ts';
import type { SimSending } from './sending/sending.ts';
import { createSharedMailbox } from './sending/shared-mailbox.ts';
import type { Tenant } from './sending/tenant.ts';

export interface Person {
  readonly tid: string;
  readonly oid: string;
  readonly address: string;
  /** Opened with somebody's sign-in, or by the app. */
  readonly isShared?: true;
}

/** Who calls the API: administrators, and people who connect their mailboxes. */
export interface Admin {
  connect(person: Person): void;
  /** One of the things that the API is asked now and then. */
  act(): void;
  /** Someone reads an event, and does what it asks for. */
  read(post: Post): void;
  /** People who must sign in again do so. */
  calm(): void;
  /** People without a mailbox connect it, and paused ones are resumed. */
  tidy(): void;
}

export function createAdmin(
  ground: Ground,
  world: {
    readonly app: App;
    readonly lives: Lives;
    readonly mail: MailWorld;
    readonly entra: Entra;
    readonly tenant: Tenant;
  },
  people: readonly Person[],
  destinations: readonly string[],
): Admin {
  const { scheduler, faults, dice } = ground;
  const { app, lives, mail, entra, tenant } = world;
  const past = diceOf(`${ground.seed} first sync`);
  const shared = createSharedMailbox(ground, people);
  const daysAgo = (days: number) => new Date(scheduler.now() - days * 86_400_000);

  /** What STATUS says of the folders, which takes a moment; nothing where the server cannot be reached. */
  function look(process: SimProcess, address: string): Promise<readonly FolderBaseline[]> {
    return process.call((call) => {
      scheduler.after(dice.between(5, 400), () => {
        const unreachable = faults.strikes('imapRefusal');
        call.answer(
          watchedPaths.map((path): FolderBaseline => {
            const folder = mail.mailbox(address).folders.get(path);
            if (folder === undefined || unreachable || !folder.exists)
              return { path, role: folder?.role, status: undefined };
            const { role, uidNext, uidValidity, messages } = folder;
            return { path, role, status: { uidNext, uidValidity, messages: messages.length, unseen: 0 } };
          }),
        );
      });
    });
  }

  async function place(
    api: ReturnType<typeof createApi>,
    process: SimProcess,
    sending: SimSending | undefined,
    person: Person,
  ): Promise<void> {
    const { tid, oid, address, isShared = false } = person;
    const grant = isShared ? shared.grant() : ({ kind: 'user', tid, oid } as const);
    if (grant.kind === 'app') await api.grants.openApp(tid);
    if (!isShared) {
      entra.dead.delete(oid);
      await api.grants.connected({ tid, oid, cache: '{}' });
    }
    const folders = await look(process, address);
    if (!isShared) tenant.signedIn(grant);
    const { mailbox } = await api.registry.upsert({
      grant,
      address,
      login: address,
      shared: isShared && grant.kind === 'user',
      folders,
      destinationId: destinations[people.indexOf(person) % destinations.length] ?? '',
      syncFrom: past.chance(0.6) ? daysAgo(past.between(0, 45)) : undefined,
      filter: faults.pick('filter', filterChoices) ?? undefined,
    });
    if (isShared) await shared.setUp(api, mailbox);
    else await shared.wakeThrough(api, mailbox);
    if (tenant.graphPermissions.length > 0) await sending?.retry(mailbox);
  }

  /** Who wants to be connected, and has not heard that it went well. */
  const waiting = new Map<Person, number>();

  function connect(person: Person): void {
    const since = scheduler.now();
    waiting.set(person, since);
    app.request(`connect ${person.address}`, async (api, process, sending) => {
      await place(api, process, sending, person);
      if (waiting.get(person) === since) waiting.delete(person);
    });
  }

  /** A page that has said nothing for a minute is given up, and the link opened again. */
  const isWaiting = (person: Person): boolean => scheduler.now() - (waiting.get(person) ?? scheduler.now()) > 60_000;

  const personOf = (life: Life) => people.find((person) => person.address === life.row.address);

  function signOut(person: Person | undefined): void {
    if (person === undefined || person.isShared) return;
    entra.dead.add(person.oid);
    if (!faults.strikes('notice')) return;
    scheduler.after(faults.size('notice', 30_000, 240_000), () => {
      if (!faults.stopped && entra.dead.has(person.oid)) connect(person);
    });
  }

  function setPaused(life: Life, wanted: boolean): void {
    app.request(`${wanted ? 'pause' : 'resume'} ${life.row.id}`, async ({ registry }) => {
      await registry.patch(life.row.id, { paused: wanted });
    });
  }

  /** What was given up is asked for again, or mail of the last hours: only what is missing, or all of it. */
  function replay(life: Life): void {
    const since = new Date(scheduler.now() - Math.floor(faults.size('replay', 60_000, 20 * 86_400_000)));
    const wishes: readonly ReplayRequest[] = [
      { kind: 'dead' },
      { kind: 'since', since, force: false },
      { kind: 'since', since, force: true },
    ];
    const wish = faults.pick('replay', wishes) ?? { kind: 'dead' };
    app.request(`replay ${life.row.id} ${wish.kind}`, async ({ registry }) => {
      await registry.replay(life.row.id, wish);
    });
  }

  function setFilter(life: Life): void {
    const filter = faults.pick('filter', filterChoices) ?? null;
    app.request(`filter ${life.row.id} ${JSON.stringify(filter)}`, async ({ registry }) => {
      await registry.patch(life.row.id, { filter });
    });
  }

  function remove(life: Life): void {
    app.request(`delete ${life.row.id}`, async ({ registry }) => {
      await registry.remove(life.row.id);
    });
  }

  return {
    connect,
    act() {
      if (faults.stopped) return;
      const life = dice.pick(lives.live());
      if (life === undefined) {
        const person = dice.pick(people);
        if (person !== undefined && dice.chance(0.5)) connect(person);
        return;
      }
      if (people.some(({ isShared }) => isShared) && faults.strikes('sendMoved')) {
        shared.move();
        for (const person of people) if (person.isShared) connect(person);
      }
      if (faults.strikes('grantDead')) signOut(personOf(life));
      if (faults.strikes('pause')) {
        setPaused(life, true);
        scheduler.after(faults.size('pause', 500, 400_000), () => {
          if (!faults.stopped) setPaused(life, false);
        });
      }
      if (past.chance(0.06)) {
        const syncFrom = past.chance(0.8) ? daysAgo(past.between(0, past.chance(0.5) ? 45 : 400)) : null;
        app.request(`sync ${life.row.id} from ${syncFrom?.toISOString() ?? 'now'}`, async ({ registry }) => {
          await registry.patch(life.row.id, { syncFrom });
        });
      }
      if (faults.strikes('sync')) {
        app.request(`sync ${life.row.id}`, async ({ registry }) => {
          await registry.ask(life.row.id);
        });
      }
      if (faults.strikes('replay')) replay(life);
      if (faults.strikes('filter')) setFilter(life);
      if (faults.strikes('erase')) {
        remove(life);
        scheduler.after(faults.size('erase', 10, 300_000), () => {
          const person = personOf(life);
          if (person !== undefined && !faults.stopped) connect(person);
        });
      }
      if (faults.strikes('reconnect')) {
        const person = dice.pick(people);
        if (person !== undefined) {
          connect(person);
          if (faults.strikes('connectTwice')) scheduler.after(dice.between(0, 50), () => connect(person));
        }
      }
    },
    read(post) {
      if (post.type !== 'mailbox.reconnect_required' || !faults.strikes('reconnect')) return;
      const person = people.find(({ address }) => address === lives.byId(post.mailboxId)?.row.address);
      // Some are quick: the run that told them may still be going on.
      if (person !== undefined)
        scheduler.after(faults.size('reconnect', 0, dice.chance(0.5) ? 500 : 60_000), () => connect(person));
    },
    calm() {
      for (const person of people) if (entra.dead.has(person.oid) || waiting.has(person)) connect(person);
    },
    tidy() {
      for (const life of lives.live()) if (life.latest.paused) setPaused(life, false);
      for (const person of people) {
        const isConnected = lives.live().some((life) => life.row.address === person.address);
        if (isWaiting(person) || (!isConnected && !waiting.has(person))) connect(person);
      }
    },
  };
}
