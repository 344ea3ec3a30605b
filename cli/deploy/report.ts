import { z } from 'zod';
import type { ConsentPermissions } from '../../src/lib/entra/admin-consent.ts';
import type { BrokerApi } from '../api/broker-api.ts';
import type { DeployEnd } from './deploy.ts';
import { known } from './facts.ts';
import type { DeployPorts } from './run.ts';

const link = z.object({ url: z.string() });

/**
 * The broker's own link with which an administrator consents for the tenant: that people may connect their mailboxes
 * (`delegated`), or that the app may open mailboxes on its own (`app`). Undefined where it gives none.
 */
async function consentLink(
  broker: BrokerApi,
  key: string,
  body: { readonly tenantId: string; readonly permissions: ConsentPermissions },
): Promise<string | undefined> {
  const answer = await broker.call('POST', 'tenant-consent-links', { key, body }).catch(() => undefined);
  const read = link.safeParse(answer?.body);
  return answer?.status === 201 && read.success ? read.data.url : undefined;
}

async function consentLinks({ facts }: DeployEnd, ports: DeployPorts): Promise<string[]> {
  const { adminKey, opensByItself } = facts;
  const { mailboxTenant } = known(facts, 'choices');
  const kinds: readonly ConsentPermissions[] = opensByItself === true ? ['delegated', 'app'] : ['delegated'];
  const broker = ports.broker(known(facts, 'outputs').publicUrl);
  const lines: string[] = [];
  for (const permissions of kinds) {
    const what = permissions === 'app' ? 'The link for what the app does by itself' : 'The link for them';
    const body = { tenantId: mailboxTenant, permissions };
    const url = adminKey === undefined ? undefined : await consentLink(broker, adminKey, body);
    lines.push(url === undefined ? `${what}: POST tenant-consent-links (docs/admin.md).` : `${what}: ${url}`);
  }
  return lines;
}

/** What the person does next, ready to paste. */
export async function reportOf(end: DeployEnd, ports: DeployPorts, showKey: boolean): Promise<string[]> {
  const { facts } = end;
  const warnings = facts.warnings.map((warning) => `! ${warning}`);
  if (end.how !== 'deployed') return warnings;
  const { publicUrl, outboundAddress } = known(facts, 'outputs');
  const { names } = known(facts, 'choices');
  const { consent } = known(facts, 'application');
  const lines = ['', `The broker runs at ${publicUrl}`];
  if (outboundAddress !== '') lines.push(`Its requests leave from ${outboundAddress}`);
  if (facts.adminKey !== undefined) lines.push(`The admin key is in ${ports.profiles.path}, profile ${names.app}`);
  if (showKey && facts.hasMadeKey === true && facts.adminKey !== undefined) lines.push(`  ${facts.adminKey}`);
  if (warnings.length > 0) lines.push('', ...warnings);
  if (consent.state === 'missing') {
    lines.push(
      '',
      `Consent is missing: ${consent.sentence.en}`,
      `Until someone with one of these roles consents, people may see "Need admin approval": ${consent.roles.join(', ')}.`,
      ...(await consentLinks(end, ports)),
    );
  }
  return [
    ...lines,
    '',
    'Next, for the builder in NocoBase (continue with docs/builder.md):',
    `  BROKER=${publicUrl}`,
    `  BROKER_KEY=$(npm run --silent broker -- profile-key ${names.app})`,
  ];
}
