import type { App } from '../app.ts';
import type { Life, Lives } from '../lives.ts';
import type { Ground } from '../process.ts';
import { type Tenant, vias } from './tenant.ts';

/** Who says how mail goes out: the administrator of the tenant, and whoever runs the broker. */
export interface Operators {
  act(): void;
  calm(): void;
  /** Mailboxes for which one way was chosen may take any again. */
  tidy(): void;
}

export function createOperators(
  ground: Ground,
  world: { readonly app: App; readonly lives: Lives; readonly tenant: Tenant },
): Operators {
  const { faults } = ground;
  const { app, lives, tenant } = world;

  function choose({ row: { id } }: Life, sendVia: (typeof vias)[number]): void {
    app.request(`send ${id} via ${sendVia}`, async ({ registry }, _process, sending) => {
      const { row } = await registry.patch(id, { sendVia });
      await sending?.retry(row);
    });
  }

  return {
    act() {
      if (faults.stopped || tenant.graphPermissions.length === 0) return;
      tenant.act(lives.live().flatMap(({ latest: { grant } }) => (grant.kind === 'user' ? [grant.oid] : [])));
      const life = faults.strikes('wayChosen') ? faults.pick('wayChosen', lives.live()) : undefined;
      if (life !== undefined) choose(life, faults.pick('wayChosen', vias) ?? 'auto');
    },
    calm: tenant.calm,
    tidy() {
      for (const life of lives.live()) if ((life.latest.sendVia ?? 'auto') !== 'auto') choose(life, 'auto');
    },
  };
}
