import type { Broker } from '../../lib/broker.ts';
import { jsonOfForm } from '../../lib/submissions/requests/send-form.ts';

/** How the fields of a draft come: as those of a message to send. */
export const draftBody = {
  bodyLimitBytes: 8 * 1024 * 1024,
  intake: ({ sending }: Broker) => sending.intake,
  upload: {
    limits: {
      // Below what the host lets in: FUNCTIONS_REQUEST_BODY_SIZE_LIMIT.
      ...{ limitBytes: 36_000_000, withinMs: 120_000 },
      ...{ fileField: 'attachments', mostFiles: 100, fieldBytes: 5 * 1024 * 1024 },
    },
    toJson: jsonOfForm,
  },
};
