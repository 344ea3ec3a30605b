import type { OutgoingEvent } from '../domain/event.ts';
import type { Log } from '../log.ts';
import type { Sanitizer } from './sanitize.ts';
import { snippetOf } from './snippet.ts';

export interface RenderDeps {
  readonly log: Log;
  /** Loads the sanitiser; called at the first mail that has HTML. */
  readonly loadSanitizer: () => Promise<Sanitizer>;
}

/** Makes what a destination gets to read of an event. */
export interface Renderer {
  /** The event's data as it goes out: HTML sanitised, unless the destination asks for it raw. */
  data(event: OutgoingEvent, options: { readonly rawHtml: boolean }): Promise<Readonly<Record<string, unknown>>>;
}

// Sanitising holds up everything else in the process: half a second for this much of the worst that was tried.
const htmlCapCharacters = 1024 * 1024;

export function createRenderer(deps: RenderDeps): Renderer {
  let loading: Promise<Sanitizer> | undefined;

  /** Its safe HTML and, where it is wanted, the text of it. */
  const clean = async (dirty: string, id: string, wantText: boolean) => {
    if (dirty.length > htmlCapCharacters) return undefined;
    loading ??= deps.loadSanitizer();
    const sanitizer = await loading;
    try {
      const html = sanitizer.html(dirty);
      return { html, text: wantText ? sanitizer.text(html) : '' };
    } catch (error) {
      // What cannot be made safe does not go out; the text does, and `truncated` says what is missing.
      deps.log.error('delivery.html_dropped', error, { messageKey: id });
      return undefined;
    }
  };

  return {
    async data(event, { rawHtml }) {
      const { html, snippet, truncated } = event.data;
      if (event.type !== 'message.received' || typeof html !== 'string' || rawHtml) return event.data;
      const safe = await clean(html, event.id, snippet === '');
      if (safe === undefined) {
        const cut = Array.isArray(truncated) ? truncated : [];
        return { ...event.data, html: null, truncated: [...new Set([...cut, 'html'])] };
      }
      return { ...event.data, html: safe.html, snippet: snippet === '' ? snippetOf(safe.text) : snippet };
    },
  };
}

/**
 * The exact text that is sent and signed: `type`, `timestamp` and `data`, as Standard Webhooks has it.
 * @param options `withId` puts the event's id before them, for receivers that see no header
 */
export function bodyOf(
  event: OutgoingEvent,
  data: Readonly<Record<string, unknown>>,
  options: { readonly withId: boolean } = { withId: false },
): string {
  const id = options.withId ? { id: event.id } : {};
  return JSON.stringify({ ...id, type: event.type, timestamp: event.timestamp.toISOString(), data });
}
