import type { OutgoingEvent } from '../../domain/events/event.ts';
import type { ReceivedData } from '../../domain/events/event-data.ts';
import { loadVisibleHtml, type VisibleHtml } from '../../html/visible.ts';
import type { Log } from '../../log.ts';
import { htmlBeginning } from '../sanitize/html-beginning.ts';
import type { Sanitizer } from '../sanitize/sanitize.ts';
import { type LinkMaker, linkAttachments } from './attachment-links.ts';

export interface RenderDeps {
  readonly log: Log;
  /** Loads the sanitiser; called at the first mail that has HTML. */
  readonly loadSanitizer: () => Promise<Sanitizer>;
  /** Links to attachments; without it they have none. */
  readonly attachmentLinks?: (() => Promise<LinkMaker>) | undefined;
}

/** Who reads it: a destination, as far as it matters here. */
export interface Reader {
  readonly rawHtml: boolean;
  /** Its address; images of its host are none of a mail's, since to ask for them is to call it. */
  readonly url?: string;
}

/** Makes what a destination gets to read of an event. */
export interface Renderer {
  /**
   * The event's data as it goes out: with links to the attachments, and its HTML sanitised, unless the destination asks
   * for it raw. In sanitised HTML the images that are parts of the mail are shown by their links.
   * @throws BrokerError if our vault does not answer
   */
  received(event: OutgoingEvent<'message.received'>, reader: Reader): Promise<ReceivedData>;
  /** The same of an event of any type; only that of a mail is changed. @throws as {@link Renderer.received} */
  data(event: OutgoingEvent, reader: Reader): Promise<OutgoingEvent['data']>;
}

export function createRenderer(deps: RenderDeps): Renderer {
  let loading: Promise<{ readonly sanitizer: Sanitizer; readonly visible: VisibleHtml }> | undefined;

  // One after the other: both need the same parser, and Node refuses to require a package that is just being imported.
  const load = async () => {
    const visible = await loadVisibleHtml();
    return { visible, sanitizer: await deps.loadSanitizer() };
  };

  /** Safe HTML, in which stays hidden what the mail hides by means that are not let through; of very much the beginning. */
  const clean = async (
    dirty: string,
    id: string,
    imageOf: (name: string) => string | undefined,
    host: string | undefined,
  ) => {
    loading ??= load();
    const { sanitizer, visible } = await loading;
    const { html, cut } = htmlBeginning(dirty);
    try {
      return { html: sanitizer.html(visible.forPage(html), imageOf, host), cut };
    } catch (error) {
      // What cannot be made safe does not go out; the text does, and `truncated` says what is missing.
      deps.log.error('delivery.html_dropped', error, { messageKey: id });
      return undefined;
    }
  };

  const renderer: Renderer = {
    data: async (event, reader) => (event.type === 'message.received' ? renderer.received(event, reader) : event.data),

    async received(event, { rawHtml, url }) {
      const linked =
        deps.attachmentLinks === undefined ? undefined : await linkAttachments(event.data, deps.attachmentLinks);
      const data = linked === undefined ? event.data : { ...event.data, attachments: linked.attachments };
      const { html, truncated } = data;
      if (html === null || rawHtml) return data;
      const imageOf = (name: string) => linked?.byName(name);
      const host = url === undefined ? undefined : URL.parse(url)?.hostname;
      const safe = await clean(html, event.id, imageOf, host);
      const left = safe?.cut === false ? truncated : [...new Set([...truncated, 'html'])];
      return { ...data, html: safe?.html ?? null, truncated: left };
    },
  };
  return renderer;
}

/**
 * The exact text that is sent and signed: `type`, `timestamp` and `data`, as Standard Webhooks has it.
 * @param options `withId` puts the event's id before them, for receivers that see no header
 */
export function bodyOf(
  event: OutgoingEvent,
  data: OutgoingEvent['data'],
  options: { readonly withId: boolean } = { withId: false },
): string {
  const id = options.withId ? { id: event.id } : {};
  return JSON.stringify({ ...id, type: event.type, timestamp: event.timestamp.toISOString(), data });
}
