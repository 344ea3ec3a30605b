import { app } from '@azure/functions';

// Touches every package that the app loads at first use, in the way that would break if a bundle had lost a part of it:
// files read at run time, `require` of a computed name, `import.meta`.
const nowhere = 'http://127.0.0.1:1/';
const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error));

const probes: Record<string, () => Promise<unknown>> = {
  msal: async () => {
    const { ConfidentialClientApplication } = await import('@azure/msal-node');
    const client = new ConfidentialClientApplication({
      auth: {
        clientId: 'client',
        clientSecret: 'secret',
        authority: 'https://localhost:1/t',
        knownAuthorities: ['localhost:1'],
      },
    });
    return client.getTokenCache().serialize().includes('RefreshToken');
  },
  identity: async () => {
    const { ManagedIdentityCredential } = await import('@azure/identity');
    const asked = new ManagedIdentityCredential({ clientId: 'client' }).getToken('https://vault.azure.net/.default');
    return asked.then(
      () => 'a token',
      (error: Error) => error.name,
    );
  },
  vault: async () => {
    const { SecretClient } = await import('@azure/keyvault-secrets');
    const client = new SecretClient(
      'https://127.0.0.1:1',
      { getToken: async () => null },
      { retryOptions: { maxRetries: 0 } },
    );
    return client.getSecret('name').catch(codeOf);
  },
  tables: async () => {
    const { TableClient } = await import('@azure/data-tables');
    const client = TableClient.fromConnectionString('UseDevelopmentStorage=true', 'table');
    return client.tableName;
  },
  imapflow: async () => {
    const { ImapFlow } = await import('imapflow');
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: 1,
      secure: false,
      logger: false,
      auth: { user: 'a', accessToken: 'b' },
    });
    client.on('error', () => undefined);
    return client.connect().catch(codeOf);
  },
  // Charsets beyond UTF-8 come from tables.
  postalMime: async () => {
    const { default: PostalMime } = await import('postal-mime');
    const raw = 'Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\r\n\r\nbody';
    return (await PostalMime.parse(raw)).subject;
  },
  iconvLite: async () => {
    const { default: iconv } = await import('iconv-lite');
    return iconv.decode(Buffer.from([0x81, 0xe1]), 'cp850') + iconv.decode(Buffer.from([0x93, 0xfa]), 'shiftjis');
  },
  encodingJapanese: async () => {
    const { default: japanese } = await import('encoding-japanese');
    return japanese.convert(Buffer.from([0x93, 0xfa]), { to: 'UNICODE', from: 'AUTO', type: 'string' });
  },
  htmlToText: async () => (await import('html-to-text')).convert('<h1>one</h1><ul><li>two</ul>'),
  htmlparser2: async () => (await import('htmlparser2')).parseDocument('<b>x').children.length,
  sanitizeHtml: async () => {
    const { default: sanitize } = await import('sanitize-html');
    return sanitize('<b onclick="x()">bold</b><script>1</script>');
  },
  undici: async () => {
    const { Agent, request } = await import('undici');
    const dispatcher = new Agent();
    return request(nowhere, { dispatcher }).catch(codeOf);
  },
  nodemailer: async () => {
    const { createTransport } = await import('nodemailer');
    return createTransport({ host: '127.0.0.1', port: 1 }).verify().catch(codeOf);
  },
  busboy: async () => {
    const { Busboy } = await import('@fastify/busboy');
    const form = new Busboy({ headers: { 'content-type': 'multipart/form-data; boundary=b' } });
    const value = new Promise((resolve) => form.on('field', (_, text) => resolve(text)));
    form.end('--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nfield\r\n--b--\r\n');
    return value;
  },
  standardwebhooks: async () => {
    const { Webhook } = await import('standardwebhooks');
    return new Webhook(Buffer.alloc(24, 1).toString('base64')).sign('id', new Date(0), '{}').slice(0, 3);
  },
  ipaddr: async () => (await import('ipaddr.js')).default.process('::ffff:127.0.0.1').range(),
  zod: async () => (await import('zod')).z.email().safeParse('nobody').success,
};

app.http('every-package', {
  methods: ['GET'],
  handler: async () => {
    const entries = await Promise.all(Object.entries(probes).map(async ([name, probe]) => [name, await probe()]));
    return { jsonBody: Object.fromEntries(entries) };
  },
});
