import { ensure } from './ensure.ts';
import { isTrusted, trustIdentity } from './federation.ts';
import type { CreateEntraApp } from './interface.ts';
import { look } from './look.ts';
import { removeApplication } from './remove.ts';
import { readRights } from './rights.ts';
import { scriptOf } from './script.ts';
import { addSecret, listSecrets, removeSecret } from './secrets.ts';

/** The Entra application, by Microsoft Graph. */
export const createEntraApp: CreateEntraApp = (parts) => ({
  rights: () => readRights(parts),
  look: (wanted) => look(parts, wanted),
  ensure: (wanted) => ensure(parts, wanted),
  trusts: (clientId, federation) => isTrusted(parts.graph, clientId, federation),
  trust: (clientId, federation) => trustIdentity(parts, clientId, federation),
  secrets: (clientId) => listSecrets(parts.graph, clientId),
  addSecret: (clientId, displayName, days) => addSecret(parts, clientId, displayName, days),
  removeSecret: (clientId, keyId) => removeSecret(parts.graph, clientId, keyId),
  remove: (clientId) => removeApplication(parts, clientId),
  script: scriptOf,
});
