import { adminRole } from '../../src/lib/domain/admin-role.ts';
import type { DemoUser } from '../entra/stand-in.ts';

/** Tenant of the local world. An unused GUID: RFC 9562 reserves no range, so version 4 with a plain pattern. */
export const demoTenant = '4a1de000-0000-4000-8000-00000000c0de';

const oid = (number: number): string => `4a1de000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** The people of the local world; `.example` is reserved (RFC 2606). */
export const demoUsers: readonly DemoUser[] = [
  // She also looks after the broker: she may open its dashboard.
  { address: 'ada@contoso.example', name: 'Ada Lovelace', oid: oid(1), roles: [adminRole.value] },
  { address: 'grace@contoso.example', name: 'Grace Hopper', oid: oid(2) },
  { address: 'lina@contoso.example', name: '李娜 Li Na', oid: oid(3) },
];

/** Mailboxes without a sign-in, and who may open them. Only the embedded IMAP server knows them. */
export const sharedMailboxes: Readonly<Record<string, readonly string[]>> = {
  'support@contoso.example': ['ada@contoso.example', 'grace@contoso.example'],
};

/** Mailboxes that the app itself may open. The first is also shared by people, the second by no one. */
export const appMailboxes: readonly string[] = ['support@contoso.example', 'tickets@contoso.example'];
