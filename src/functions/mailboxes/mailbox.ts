import { app } from '@azure/functions';
import { mayUseDestination } from '../../lib/access/caller.ts';
import { type Broker, broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { mailboxPatch } from '../../lib/http/requests/mailboxes.ts';
import { allMethods, json, noContent, resource } from '../../lib/http/resource.ts';
import { replayJson } from '../../lib/mailboxes/delivery-json.ts';
import { mailboxJsonWithSync } from '../../lib/mailboxes/mailbox-json.ts';
import { mailboxToChange, visibleMailbox } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { sendingSettingsJson } from '../../lib/mailboxes/sending-settings-json.ts';
import type { MailboxView } from '../../lib/store/mailboxes/registry.ts';

const shown = async (broker: Broker, view: MailboxView) => ({
  ...mailboxJsonWithSync(view, await broker.registry.progress(view)),
  ...sendingSettingsJson(await broker.sending.settings.read(view.row.id)),
});

/** `GET`, `PATCH` and `DELETE mailboxes/{id}`. */
export const mailbox = resource(broker, {
  GET: {
    scope: 'read',
    handler: async ({ broker, caller, params }) => {
      const view = await visibleMailbox(broker.registry, caller, params.id);
      const jobs = await broker.registry.jobs(view.row.id);
      return json(200, { ...(await shown(broker, view)), replays: jobs.map(replayJson) });
    },
  },
  PATCH: {
    scope: 'admin',
    body: mailboxPatch,
    handler: async ({ broker, caller, params, body }) => {
      let view = await mailboxToChange(broker.registry, caller, params.id);
      const { locale, timeZone, signatureHtml, aliases, suppressHardBounces, sentCopyIn, ...change } = body;
      const sending = { locale, timeZone, signatureHtml, aliases, suppressHardBounces, sentCopyIn };
      const { destinationId, login } = change;
      if (destinationId !== undefined) {
        const found = mayUseDestination(caller, destinationId) && (await broker.destinations.get(destinationId));
        if (!found) throw new BrokerError('not_found', { detail: 'There is no destination with this id.' });
      }
      if (login !== undefined) await broker.openMailbox(view.row.grant, login);
      if (Object.keys(body).length > 0) {
        const { id } = view.row;
        view = await broker.audit.audited(
          { actor: caller.keyId, action: 'mailbox.change', mailboxId: id },
          async () => {
            if (Object.values(sending).some((each) => each !== undefined))
              await broker.sending.settings.change(id, sending);
            return Object.keys(change).length > 0 ? broker.registry.patch(id, change) : view;
          },
        );
        // What waited for just this need not wait for its next attempt.
        if (change.paused === false || change.sendVia !== undefined) await broker.sending.retry(id);
      }
      return json(200, await shown(broker, view));
    },
  },
  DELETE: {
    scope: 'admin',
    handler: async ({ broker, caller, params }) => {
      const { row } = await mailboxToChange(broker.registry, caller, params.id);
      await broker.audit.audited({ actor: caller.keyId, action: 'mailbox.remove', mailboxId: row.id }, async () => {
        // First, so that the events of its submissions are sent before it is gone.
        await broker.sending.endOf(row.id);
        if (!(await broker.registry.remove(row.id))) throw new BrokerError('not_found');
      });
      return noContent;
    },
  },
});

app.http('mailbox', { route: 'mailboxes/{id}', methods: allMethods, authLevel: 'anonymous', handler: mailbox });
