import { z } from 'zod';
import type { Call, Reply } from '../web.ts';
import type { EntraStandIn } from './stand-in.ts';

const failure = z.strictObject({
  times: z.number().int().positive().optional(),
  grantType: z.enum(['authorization_code', 'refresh_token', 'client_credentials']).optional(),
  status: z.number().int().min(200).max(599).optional(),
  error: z.string().optional(),
  errorCodes: z.array(z.number().int()).optional(),
  suberror: z.string().optional(),
  description: z.string().optional(),
  claims: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
  delayMs: z.number().optional(),
  answer: z.enum(['truth', 'close', 'html']).optional(),
});
const refusal = z.strictObject({ number: z.number().int().positive(), times: z.number().int().positive().optional() });
const person = z.strictObject({ address: z.string() });

type Steered = Pick<EntraStandIn, 'failTokens' | 'failSignIns' | 'heal' | 'revoke' | 'requests'>;

/**
 * The steering wheel over http, for tests that run in another process: POST control/failures (a TokenFailure),
 * POST control/sign-in-failures ({number, times?}), DELETE control/failures, POST control/revocations ({address}), GET control/requests.
 */
export function control(entra: Steered, call: Pick<Call, 'method' | 'body'>, what: string): Reply {
  const body = () => JSON.parse(call.body.toString());
  switch (`${call.method} ${what}`) {
    case 'POST failures': {
      const parsed = failure.safeParse(body());
      if (!parsed.success) return { status: 400, body: { error: z.prettifyError(parsed.error) } };
      entra.failTokens(dropUndefined(parsed.data));
      return { status: 204 };
    }
    case 'POST sign-in-failures': {
      const parsed = refusal.safeParse(body());
      if (!parsed.success) return { status: 400, body: { error: z.prettifyError(parsed.error) } };
      entra.failSignIns(dropUndefined(parsed.data));
      return { status: 204 };
    }
    case 'DELETE failures':
      entra.heal();
      return { status: 204 };
    case 'POST revocations': {
      const parsed = person.safeParse(body());
      if (!parsed.success) return { status: 400, body: { error: z.prettifyError(parsed.error) } };
      entra.revoke(parsed.data.address);
      return { status: 204 };
    }
    case 'GET requests':
      return { status: 200, body: entra.requests() };
    default:
      return { status: 404, body: { error: 'There is nothing at this address.' } };
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** zod leaves optional keys possibly undefined; exactOptionalPropertyTypes wants them absent. */
function dropUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}
