import type { DestinationAuth, DestinationType } from '../store/destinations/destination.ts';
import { isWorkflowTrigger } from './nocobase/workflow.ts';

/** What sets one type of destination apart when it is created or changed. */
export interface DestinationParts {
  /** What is wrong with an address, if anything. The address can be parsed. */
  readonly urlFault: (url: string) => string | undefined;
  /** True if events are signed, with secrets that can be rotated. */
  readonly isSigned: boolean;
  /** True if it keeps records in collections. */
  readonly hasCollections: boolean;
  /** How the broker may sign in. */
  readonly auths: readonly DestinationAuth['kind'][];
}

/** A type that is added to the list does not compile without its parts, here and among the transports. */
export const destinationParts: Readonly<Record<DestinationType, DestinationParts>> = {
  webhook: {
    urlFault: () => undefined,
    isSigned: true,
    hasCollections: false,
    auths: ['none', 'basic', 'bearer'],
  },
  workflow: {
    urlFault: (url) => (isWorkflowTrigger(url) ? undefined : 'Is not …/workflows:trigger?triggerWorkflows=KEY.'),
    isSigned: false,
    hasCollections: false,
    auths: ['bearer'],
  },
  collection: {
    urlFault: (url) => {
      const { search, hash } = new URL(url);
      const isApi = search === '' && hash === '';
      return isApi
        ? undefined
        : 'Must be the address of an API and nothing more, such as https://nocobase.example.com/api.';
    },
    isSigned: false,
    hasCollections: true,
    auths: ['bearer'],
  },
};
