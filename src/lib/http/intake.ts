import type { HttpRequest } from '@azure/functions';
import type { z } from 'zod';
import { bodyLimitBytes, checkLength, readForm, readJson } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import {
  type FileStore,
  type FormFields,
  type FormLimits,
  isMultipart,
  type ReceivedFile,
  readMultipart,
} from './multipart.ts';
import { validate } from './validate.ts';

/** What a process has for large bodies. */
export interface Intake {
  readonly budget: ByteBudget;
  readonly files: FileStore;
}

/** The part of an endpoint that says how its body comes. */
export interface BodyForm<B, Y> {
  readonly body?: z.ZodType<Y>;
  readonly bodyLimitBytes?: number;
  readonly bodyForm?: 'json' | 'form';
  readonly intake?: (broker: B) => Intake;
  readonly upload?: { readonly limits: FormLimits; readonly toJson: (fields: FormFields) => unknown };
}

export interface Taken<Y> {
  readonly body: Y;
  readonly files: readonly ReceivedFile[];
  /** Once the request is answered. Never rejects. */
  readonly release: () => Promise<void>;
}

/**
 * What a body takes of memory while its request is answered, in times its length. JSON is there as bytes, as text, parsed,
 * and with its files decoded; a form as bytes that the host hands over, and in pieces.
 */
const timesInMemory = { json: 4, form: 2 };

/**
 * Reads and validates the body of a request.
 * @throws BrokerError what reading throws; `invalid_request` | `uploads_busy`
 */
export async function takeIn<B, Y>(endpoint: BodyForm<B, Y>, broker: B, request: HttpRequest): Promise<Taken<Y>> {
  if (endpoint.body === undefined) {
    checkLength(request);
    return { body: undefined as Y, files: [], release: async () => {} };
  }
  const { upload, body: schema } = endpoint;
  const intake = endpoint.intake?.(broker);
  const isForm = upload !== undefined && intake !== undefined && isMultipart(request);
  const limitBytes = isForm ? upload.limits.limitBytes : (endpoint.bodyLimitBytes ?? bodyLimitBytes);
  checkLength(request, limitBytes);
  const announced = Number(request.headers.get('content-length') ?? limitBytes);
  const giveBack =
    isForm || announced > bodyLimitBytes
      ? intake?.budget.take(announced * timesInMemory[isForm ? 'form' : 'json'])
      : undefined;
  let files: readonly ReceivedFile[] = [];
  const release = async () => {
    await Promise.all(files.map((file) => file.drop()));
    giveBack?.();
  };
  try {
    if (!isForm) {
      const raw = endpoint.bodyForm === 'form' ? await readForm(request) : await readJson(request, limitBytes);
      return { body: validate(schema, raw, 'body'), files, release };
    }
    const form = await readMultipart(request, upload.limits, intake.files);
    files = form.files;
    return { body: validate(schema, upload.toJson(form.fields), 'body'), files, release };
  } catch (error) {
    await release();
    throw error;
  }
}
