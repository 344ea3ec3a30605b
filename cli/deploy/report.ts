import { z } from 'zod';
import type { BrokerApi } from '../api/broker-api.ts';
import type { DeployEnd } from './deploy.ts';
import { known } from './facts.ts';
import type { DeployPorts } from './run.ts';

const link = z.object({ url: z.string() });

/** The broker's own link by which an administrator consents for everybody; undefined where it gives none. */
async function consentLink(broker: BrokerApi, key: string, tenantId: string): Promise<string | undefined> {
  const answer = await broker.call('POST', 'tenant-consent-links', { key, body: { tenantId } }).catch(() => undefined);
  const read = link.safeParse(answer?.body);
  return answer?.status === 201 && read.success ? read.data.url : undefined;
}

/** What the person does next, ready to paste. */
export async function reportOf(end: DeployEnd, ports: DeployPorts, showKey: boolean): Promise<string[]> {
  const { facts } = end;
  const warnings = facts.warnings.map((warning) => `! ${warning}`);
  if (end.how !== 'deployed') return warnings;
  const { publicUrl, outboundAddress } = known(facts, 'outputs');
  const { names, mailboxTenant } = known(facts, 'choices');
  const { consent } = known(facts, 'application');
  const lines = ['', `The broker runs at ${publicUrl}`];
  if (outboundAddress !== '') lines.push(`Its requests leave from ${outboundAddress}`);
  if (facts.adminKey !== undefined) lines.push(`The admin key is in ${ports.profiles.path}, profile ${names.app}`);
  if (showKey && facts.hasMadeKey === true && facts.adminKey !== undefined) lines.push(`  ${facts.adminKey}`);
  if (warnings.length > 0) lines.push('', ...warnings);
  if (consent.state === 'missing') {
    const url =
      facts.adminKey === undefined
        ? undefined
        : await consentLink(ports.broker(publicUrl), facts.adminKey, mailboxTenant);
    lines.push(
      '',
      `Consent is missing: ${consent.sentence}`,
      `Until somebody with one of these roles consents, people may meet "Need admin approval": ${consent.roles.join(', ')}.`,
      url === undefined ? 'A link for them: POST tenant-consent-links (docs/admin.md).' : `The link for them: ${url}`,
    );
  }
  return [
    ...lines,
    '',
    'Next, for whoever builds in NocoBase (docs/builder.md goes on from here):',
    `  BROKER=${publicUrl}`,
    `  BROKER_KEY=$(npm run --silent broker -- profile-key ${names.app})`,
  ];
}
