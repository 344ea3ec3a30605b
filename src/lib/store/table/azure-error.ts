import { z } from 'zod';
import { StoreError, type StoreErrorKind } from './table.ts';

const answered = z.object({
  statusCode: z.number().optional(),
  code: z.string().optional(),
  // The service's own words where there are any, else those of a proxy.
  details: z
    .object({ odataError: z.object({ code: z.string() }) })
    .optional()
    .catch(undefined),
});

/** What the service's errors look like, whichever layer of the SDK throws them. */
const restError = answered.extend({ name: z.literal('RestError'), message: z.string() });

const codeOf = (error: z.output<typeof answered>): string | undefined => error.details?.odataError.code ?? error.code;

/** An answer that came from something else than Table Storage: a proxy's page, or another server at its address. */
export class ForeignAnswer extends Error {
  override readonly name = 'ForeignAnswer';
}

/** By its name: the bundle has this class once in its own file and once for what is loaded later. */
export const isForeignAnswer = (error: unknown): boolean => error instanceof Error && error.name === 'ForeignAnswer';

/** The service's own word for the failure, such as `TableNotFound`, or that of the network; undefined if there is none. */
export const serviceCode = (error: unknown): string | undefined => {
  const { data } = answered.safeParse(error);
  return data === undefined ? undefined : codeOf(data);
};

/** True if a request failed because its table has not been made yet; nothing of it was applied then. */
export function isTableMissing(error: unknown): boolean {
  const parsed = restError.safeParse(error);
  return parsed.success && parsed.data.statusCode === 404 && codeOf(parsed.data) === 'TableNotFound';
}

/**
 * The kind of failure behind what a request ended with. What is no error of the service's means that it was not heard: a
 * time-out, a credential that yields no token, an answer that the SDK cannot read.
 * In a batch the service names the guilty operation at the beginning of its message, as `57:…`.
 */
export function toStoreError(error: unknown, table: string): StoreError {
  const parsed = restError.safeParse(error);
  if (!parsed.success) return new StoreError('unreachable', { cause: error, table });
  const index = /^(\d{1,3}):/.exec(parsed.data.message)?.[1];
  return new StoreError(kindOf(parsed.data.statusCode, codeOf(parsed.data)), {
    cause: error,
    table,
    ...(index === undefined ? {} : { index: Number(index) }),
  });
}

/** By status: learn.microsoft.com/rest/api/storageservices/table-service-error-codes. */
function kindOf(status: number | undefined, code: string | undefined): StoreErrorKind {
  if (status === 412) return 'conflict';
  if (status === 404) return 'missing';
  // Other conflicts are of the table, which is being made or deleted; they pass.
  if (status === 409) return code === 'EntityAlreadyExists' ? 'exists' : 'unreachable';
  // The service does not let us in, or asks to wait: a matter of the account, not of the content.
  if (status === undefined || [401, 403, 407, 408, 429].includes(status)) return 'unreachable';
  return status >= 400 && status < 500 ? 'refused' : 'unreachable';
}
