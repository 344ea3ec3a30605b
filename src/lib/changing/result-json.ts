import type { ChangeResult } from './change-messages.ts';

/** What became of one of several messages, as the API tells it. */
export const resultJson = (result: ChangeResult) =>
  result.ok
    ? { messageRef: result.messageRef, ok: true, message: result.message }
    : {
        messageRef: result.messageRef,
        ok: false,
        code: result.error.code,
        detail: result.error.message,
        remedy: result.error.remedy,
      };
