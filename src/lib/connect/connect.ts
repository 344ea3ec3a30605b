import { createBegin, createShow } from './begin.ts';
import { createCallback } from './callback.ts';
import { createLinkMaker } from './create-link.ts';
import type { ConnectDeps } from './ports.ts';
import type { Connect } from './types.ts';

/** Connecting a mailbox: the link, its page, its button, the way back. */
export function createConnect(deps: ConnectDeps): Connect {
  return {
    createLink: createLinkMaker(deps),
    show: createShow(deps),
    begin: createBegin(deps),
    callback: createCallback(deps),
  };
}
