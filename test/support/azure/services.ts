/** What a service of Microsoft publishes in a tenant, as Graph shows its service principal. */
export interface PublishedService {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
  readonly oauth2PermissionScopes: readonly {
    readonly id: string;
    readonly value: string;
    readonly isEnabled: boolean;
  }[];
  readonly appRoles: readonly { readonly id: string; readonly value: string; readonly isEnabled: boolean }[];
}

const listed = (entries: Readonly<Record<string, string>>) =>
  Object.entries(entries).map(([value, id]) => ({ id, value, isEnabled: true }));

/** Some of what Graph publishes; among it the namesakes of Exchange's permissions, under ids of its own. */
export const graphService: PublishedService = {
  id: 'eeeeeeee-0000-4000-8000-000000000001',
  appId: '00000003-0000-0000-c000-000000000000',
  displayName: 'Microsoft Graph',
  oauth2PermissionScopes: listed({
    openid: '37f7f235-527c-4136-accd-4a02d197296e',
    profile: '14dad69e-099b-42c9-810b-d002981feec1',
    email: '64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0',
    offline_access: '7427e0e9-2fba-42fe-b0c0-848c9e6a8182',
    'User.Read': 'e1fe6dd8-ba31-4d61-89e7-88639da4683d',
    'Mail.Send': 'e383f46e-2787-4529-855e-0e479a3ffac0',
    'Mail.Send.Shared': 'a367ab51-6b49-43bf-a716-a1fb06d2a174',
    'Mail.ReadWrite': '024d486e-b451-40bb-833d-3e66d98c5c73',
    'Mail.ReadBasic': 'a4b8392a-d8d1-4954-a029-8e668a39a170',
    'Calendars.ReadWrite': '1ec239c2-d7c9-4623-a91a-a9775856bb36',
    'IMAP.AccessAsUser.All': '652390e4-393a-48de-9484-05f9b1212954',
    'SMTP.Send': '258f6531-6087-4cc4-bb90-092c5fb3ed3f',
  }),
  // The very id that Exchange has for it, too.
  appRoles: listed({ 'Mail.Read': '810c84a8-4a9e-49e6-bf7d-12d183f40d01' }),
};

export const exchangeService: PublishedService = {
  id: 'eeeeeeee-0000-4000-8000-000000000002',
  appId: '00000002-0000-0ff1-ce00-000000000000',
  displayName: 'Office 365 Exchange Online',
  oauth2PermissionScopes: listed({
    'EWS.AccessAsUser.All': '3b5f3d61-589b-4a3c-a359-5dd4b5ee5bd5',
    'IMAP.AccessAsUser.All': '195adc35-e27b-454b-a7ed-1ecdffa1c09f',
    'SMTP.Send': '76faac2a-0f20-42f1-928a-50de5b9dbe52',
  }),
  appRoles: listed({
    'Mail.Read': '810c84a8-4a9e-49e6-bf7d-12d183f40d01',
    'IMAP.AccessAsApp': '5e5addcd-3e8d-4e90-baf5-964efab2b20a',
    'SMTP.SendAsApp': '7146a1f0-8703-45b3-9eae-527a64c00995',
  }),
};
