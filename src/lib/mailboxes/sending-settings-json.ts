import type { SendingSettings } from '../store/submissions/sending-settings.ts';

/** How a mailbox sends, as the API shows it beside the rest of the mailbox. */
export const sendingSettingsJson = (settings: SendingSettings) => ({
  locale: settings.locale ?? null,
  timeZone: settings.timeZone ?? null,
  signatureHtml: settings.signatureHtml ?? null,
  aliases: settings.aliases,
  suppressHardBounces: settings.suppressHardBounces,
  sentCopyIn: settings.sentCopyIn,
});
