import { z } from 'zod';
import type { EntraStandIn } from '../entra/stand-in.ts';

/** The broker as a NocoBase builder and a mailbox owner use it: over HTTP, and nothing else. */
export interface BrokerClient {
  /** Makes a link by which the owner of `address` connects it; without an address, the person who opens it. */
  connectLink(address?: string): Promise<string>;
  /** Follows a link as its owner does: page, button, sign-in at Microsoft, and back. */
  followLink(link: string, address: string, entra: EntraStandIn): Promise<void>;
  /** Answers a mail of a mailbox. @returns the id of the submission */
  answer(mailboxId: string, messageRef: string, text: string): Promise<string>;
}

/** A step did not go as it should; the message is one sentence. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

const submission = z.object({ id: z.string() });
const linkAnswer = z.object({ url: z.url() });
const problem = z.object({ detail: z.string() });

/**
 * @param broker `http://localhost:7071/api`
 */
export function createBrokerClient(broker: string, adminKey: string): BrokerClient {
  return {
    connectLink: async (address) => {
      const answer = await fetch(`${broker}/connect-links`, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(
          address === undefined ? { anyAddress: true } : { expectedAddress: address, loginHint: address },
        ),
      });
      const body: unknown = await answer.json().catch(() => undefined);
      const link = linkAnswer.safeParse(body);
      if (link.success) return link.data.url;
      const why = problem.safeParse(body).data?.detail ?? '';
      throw new StepFailed(`No link could be made: ${answer.status} ${why}`.trim());
    },

    answer: async (mailboxId, messageRef, text) => {
      const answer = await fetch(`${broker}/mailboxes/${mailboxId}/send`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${adminKey}`,
          'content-type': 'application/json',
          'idempotency-key': `answer-${Date.now()}`,
        },
        body: JSON.stringify({ reply: messageRef, text }),
      });
      const body: unknown = await answer.json().catch(() => undefined);
      const accepted = submission.safeParse(body);
      if (accepted.success) return accepted.data.id;
      const why = problem.safeParse(body).data?.detail ?? '';
      throw new StepFailed(`The answer was not accepted: ${answer.status} ${why}`.trim());
    },

    followLink: async (link, address, entra) => {
      const browser = createBrowser();
      const page = await browser.send(link);
      if (page.status !== 200) throw new StepFailed(`The link opened with ${page.status} instead of its page.`);
      const { origin, pathname } = new URL(link);
      const button = await browser.send(`${origin}${pathname}`, hiddenFields(page.text));
      if (button.location === undefined) {
        throw new StepFailed(`The button answered ${button.status} instead of leading to Microsoft.`);
      }
      const callback = await entra.signInAs(address, button.location);
      let last = await browser.send(callback);
      // The callback may send the browser on to a page without the code in its address.
      for (let hops = 0; last.location !== undefined && hops < 5; hops++) last = await browser.send(last.location);
      if (last.status !== 200) throw new StepFailed(`The way back from Microsoft ended with ${last.status}.`);
    },
  };
}

interface Page {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

/** Cookies by name, and headers as a browser on one site sends them. */
function createBrowser() {
  const cookies = new Map<string, string>();
  return {
    send: async (url: string, form?: URLSearchParams): Promise<Page> => {
      const headers: Record<string, string> = {
        accept: 'text/html',
        'sec-fetch-site': form === undefined ? 'none' : 'same-origin',
      };
      if (cookies.size > 0) headers.cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      if (form !== undefined) headers.origin = new URL(url).origin;
      const answer = await fetch(url, {
        redirect: 'manual',
        headers,
        ...(form === undefined ? {} : { method: 'POST', body: form }),
      });
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (/max-age=0\b/i.test(line)) cookies.delete(name);
        else cookies.set(name, value);
      }
      const location = answer.headers.get('location');
      return {
        status: answer.status,
        location: location === null ? undefined : new URL(location, url).href,
        text: await answer.text(),
      };
    },
  };
}

function hiddenFields(html: string): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [tag] of html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    if (name !== undefined) fields.append(name, /value="([^"]*)"/.exec(tag)?.[1] ?? '');
  }
  return fields;
}
