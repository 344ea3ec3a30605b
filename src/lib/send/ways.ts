import type { Config } from '../config.ts';
import type { WayName } from '../domain/submission.ts';
import { createGraphWay } from './graph.ts';
import { createGraphDraftWay } from './graph-draft.ts';
import type { GraphPorts } from './graph-request.ts';
import { createSmtpWay, type SmtpOptions, type SmtpPorts } from './smtp.ts';
import type { Way } from './way.ts';

/** What the ways of a deployment follow from. */
export interface WaysConfig {
  readonly smtp: SmtpOptions;
  readonly entra: Pick<Config['entra'], 'graphUrl' | 'graphResource' | 'graphPermissions'>;
}

/** The ways that a deployment has: SMTP, and Graph as far as its settings ask for the permissions. */
export function createWays(
  { smtp, entra }: WaysConfig,
  ports: { readonly smtp: SmtpPorts; readonly graph: GraphPorts },
): ReadonlyMap<WayName, Way> {
  const { graphPermissions, graphUrl, graphResource } = entra;
  const at = { url: graphUrl ?? graphResource };
  const sends = graphPermissions.includes('Mail.Send') || graphPermissions.includes('Mail.Send.Shared');
  const uploads = graphPermissions.includes('Mail.Send') && graphPermissions.includes('Mail.ReadWrite');
  const ways = [
    createSmtpWay(smtp, ports.smtp),
    ...(sends ? [createGraphWay(at, ports.graph)] : []),
    ...(uploads ? [createGraphDraftWay(at, ports.graph)] : []),
  ];
  return new Map(ways.map((way) => [way.name, way]));
}
