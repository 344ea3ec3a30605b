import { app } from '@azure/functions';
import { broker } from '../../lib/broker.ts';
import { BrokerError } from '../../lib/errors.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { mailboxToChange } from '../../lib/mailboxes/mailbox-of-caller.ts';
import { jsonOfForm } from '../../lib/submissions/requests/send-form.ts';
import { keepUploads, uploadJson, uploadRequest } from '../../lib/submissions/requests/upload-request.ts';

/** `POST mailboxes/{id}/uploads`: keeps files for a day, to be used in drafts and messages by their `uploadId`. */
export const uploads = resource(broker, {
  POST: {
    scope: 'write',
    body: uploadRequest,
    bodyLimitBytes: 8 * 1024 * 1024,
    intake: ({ sending }) => sending.intake,
    upload: {
      // As for a message: below what the host lets in.
      limits: {
        ...{ limitBytes: 36_000_000, withinMs: 120_000 },
        ...{ fileField: 'attachments', mostFiles: 100, fieldBytes: 64 * 1024 },
      },
      toJson: jsonOfForm,
    },
    handler: async ({ broker, caller, params, body, files }) => {
      const { row } = await mailboxToChange(broker.registry, caller, params.id);
      if (body.files.length + files.length === 0) {
        throw new BrokerError('invalid_request', { fields: [{ field: 'files', message: 'Has no file.' }] });
      }
      const kept = await broker.audit.audited(
        { actor: caller.keyId, action: 'upload.create', mailboxId: row.id },
        () => keepUploads(broker.sending.uploads, row.id, body, files),
        (done) => ({ subject: `${done.length} files` }),
      );
      return json(201, { items: kept.map(uploadJson) });
    },
  },
});

app.http('mailbox-uploads', {
  route: 'mailboxes/{id}/uploads',
  methods: allMethods,
  authLevel: 'anonymous',
  handler: uploads,
});
