import { isRecord, Refused, text } from './answers.ts';
import type { AzureModel } from './model.ts';

/** One request to Graph, by whom and in which tenant. */
export interface GraphCall {
  readonly model: AzureModel;
  readonly tenant: string;
  /** Object id. */
  readonly caller: string;
  readonly method: string;
  /** Decoded, without the version: `/applications(appId='…')/addPassword`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export const forbidden = (): Refused =>
  new Refused(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');

export const missing = (what: string): Refused =>
  new Refused(
    404,
    'Request_ResourceNotFound',
    `Resource '${what}' does not exist or one of its queried reference-property objects are not present.`,
  );

export const bad = (message: string): Refused => new Refused(400, 'Request_BadRequest', message);

/** Without the right to read the directory one may still read oneself, and what one owns. */
export function readDirectory({ model, caller }: GraphCall, owners: ReadonlySet<string> = new Set()): void {
  if (model.behaviour.isGuest && !owners.has(caller)) throw forbidden();
}

/** What a change answers that has nothing to say. */
export const noContent = Symbol('204');

/** The fields that `$select` names. Graph refuses names that it does not know. */
export function selected(query: URLSearchParams, body: Record<string, unknown>): Record<string, unknown> {
  const names = query.get('$select')?.split(',');
  if (names === undefined) return body;
  for (const name of names) if (!(name in body)) throw bad(`Could not find a property named '${name}'.`);
  return Object.fromEntries(names.map((name) => [name, body[name]]));
}

/** A list among the fields of a body. */
export const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];
export const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);
