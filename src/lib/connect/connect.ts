import { createBegin, createShow } from './begin.ts';
import { createConsentBegin, createConsentShow } from './begin-consent.ts';
import { createCallback } from './callback.ts';
import { createConsentLinkMaker } from './create-consent-link.ts';
import { createLinkMaker } from './create-link.ts';
import type { ConnectDeps } from './ports.ts';
import type { Connect } from './types.ts';

/** Connecting a mailbox and asking an administrator: the link, its page, its button, the way back. */
export function createConnect(deps: ConnectDeps): Connect {
  return {
    createLink: createLinkMaker(deps),
    show: createShow(deps),
    begin: createBegin(deps),
    createAdminConsentLink: createConsentLinkMaker(deps),
    showAdminConsent: createConsentShow(deps),
    beginAdminConsent: createConsentBegin(deps),
    callback: createCallback(deps),
  };
}
