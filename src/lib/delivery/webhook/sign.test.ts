import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import vectors from '../../../../test/vectors.json' with { type: 'json' };
import { systemRandom } from '../../domain/system.ts';
import { isSigningSecret, newSigningSecret, signatureHeaders } from './sign.ts';

const body = JSON.stringify({ text: 'Grüße, 你好, \u{1F4E7}, "quoted"', lone: '\ud800' });
const message = { id: 'm_abc', at: new Date(), body };

describe('a signature', () => {
  it('is the one of the specification', () => {
    const at = new Date(vectors.webhookTimestampSeconds * 1000);
    const headers = signatureHeaders({ id: vectors.webhookId, at, body: vectors.webhookBody }, [vectors.webhookSecret]);
    expect(headers['webhook-signature']).toBe(vectors.webhookSignature);
  });

  it('is verified by the reference implementation', () => {
    const secret = newSigningSecret(systemRandom);
    expect(new Webhook(secret).verify(body, signatureHeaders(message, [secret]))).toEqual(JSON.parse(body));
  });

  it('is verified with either of two live secrets', () => {
    const secrets = [newSigningSecret(systemRandom), newSigningSecret(systemRandom)];
    const headers = signatureHeaders(message, secrets);
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
    for (const secret of secrets) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
    expect(() => new Webhook(newSigningSecret(systemRandom)).verify(body, headers)).toThrow('No matching');
  });

  it('does not fit another body, id or time', () => {
    const secret = newSigningSecret(systemRandom);
    const headers = signatureHeaders(message, [secret]);
    const webhook = new Webhook(secret);
    expect(() => webhook.verify(`${body} `, headers)).toThrow('No matching');
    expect(() => webhook.verify(body, { ...headers, 'webhook-id': 'm_abd' })).toThrow('No matching');
    const later = String(Number(headers['webhook-timestamp']) + 1);
    expect(() => webhook.verify(body, { ...headers, 'webhook-timestamp': later })).toThrow('No matching');
  });
});

describe('a signing secret', () => {
  it('is new every time and of the right form', () => {
    const made = new Set(Array.from({ length: 20 }, () => newSigningSecret(systemRandom)));
    expect(made.size).toBe(20);
    for (const secret of made) expect(isSigningSecret(secret)).toBe(true);
  });

  it.each([
    ['empty', ''],
    ['without its prefix', Buffer.alloc(32).toString('base64')],
    ['too short', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['too long', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['no base64', `whsec_${'?'.repeat(44)}`],
    ['with something behind it', `whsec_${Buffer.alloc(32).toString('base64')}x`],
  ])('is not one that is %s', (_what, text) => {
    expect(isSigningSecret(text)).toBe(false);
  });
});
