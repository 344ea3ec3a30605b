import { text } from './answers.ts';
import type { AzureModel } from './model.ts';

interface Claims {
  readonly aud: string;
  readonly tid: string;
  readonly oid: string;
  readonly mfa: boolean;
  readonly exp: number;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** In the form of a JWT; only the model reads its end and its audience. */
export function issueToken(model: AzureModel, resource: string, tenant: string): string {
  const claims: Claims = {
    aud: resource.replace(/\/$/, ''),
    tid: tenant,
    oid: model.caller.objectId,
    mfa: model.hasMfa,
    exp: model.clock.now() / 1000 + 3600,
  };
  return `${encode({ alg: 'none' })}.${encode(claims)}.model`;
}

/** The claims of a token that is meant for this resource and has not ended; undefined where it is not. */
export function readToken(model: AzureModel, token: string, resource: string): Claims | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    if (typeof claims !== 'object' || claims === null) return undefined;
    const { aud, tid, oid, mfa, exp } = claims as Record<string, unknown>;
    if (aud !== resource || typeof exp !== 'number' || exp * 1000 < model.clock.now()) return undefined;
    return { aud: text(aud), tid: text(tid), oid: text(oid), mfa: mfa === true, exp };
  } catch {
    return undefined;
  }
}
