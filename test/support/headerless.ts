/** What a server answers for a message without its headers. */
export const noHeaders = {
  messageId: undefined,
  date: undefined,
  from: undefined,
  subject: undefined,
  received: undefined,
};
