import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as tls from 'node:tls';
import { generate } from 'selfsigned';

export interface Certificates {
  /** Certificate of the CA, PEM. */
  readonly ca: string;
  /** Where {@link ca} lies, for NODE_EXTRA_CA_CERTS. */
  readonly caPath: string;
  /** Certificate and key for localhost and 127.0.0.1, PEM. */
  readonly cert: string;
  readonly key: string;
}

/** Stand-ins live for a session; a month leaves room for a machine that sleeps. */
const lifetimeMs = 30 * 86_400_000;

/**
 * Makes a CA and a certificate for localhost, writes the CA to `<stateDir>/ca.pem` and makes this process trust it. The
 * CA's key is discarded, so nothing can be signed with it later.
 */
export async function makeCertificates(stateDir: string): Promise<Certificates> {
  const notAfterDate = new Date(Date.now() + lifetimeMs);
  // A name of its own: of two CAs under one name OpenSSL tries the first, and fails on what the second signed.
  const name = `NocoBase Mail Broker local CA ${randomBytes(4).toString('hex')}`;
  const authority = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  await mkdir(stateDir, { recursive: true });
  const caPath = resolve(join(stateDir, 'ca.pem'));
  await writeFile(caPath, authority.cert);
  trust(authority.cert);
  return { ca: authority.cert, caPath, cert: leaf.cert, key: leaf.private };
}

/**
 * Writes a file for NODE_EXTRA_CA_CERTS that holds our CA and what other files of certificates hold, and makes this
 * process trust those too: Node reads the variable at its own start only, and there is room for one file in it.
 * @returns the path of that file; that of our CA alone where there are no others
 * @throws Error with one sentence if a file cannot be read
 */
export async function joinAuthorities(
  { ca, caPath }: Pick<Certificates, 'ca' | 'caPath'>,
  others: readonly string[],
): Promise<string> {
  const texts: string[] = [];
  for (const path of new Set(others)) {
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw new Error(`NODE_EXTRA_CA_CERTS names ${path}, which cannot be read.`, { cause });
    });
    trust(text);
    texts.push(text);
  }
  if (texts.length === 0) return caPath;
  const joined = join(dirname(caPath), 'extra-ca.pem');
  await writeFile(joined, [ca, ...texts].map((text) => text.trimEnd()).join('\n'));
  return joined;
}

/** Adds a CA to those that this process trusts; what it trusted before stays trusted. */
export function trust(ca: string): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ca]);
}
