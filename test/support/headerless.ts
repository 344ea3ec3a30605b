/** What a server tells of a message whose headers it does not give. */
export const noHeaders = {
  messageId: undefined,
  date: undefined,
  from: undefined,
  subject: undefined,
  received: undefined,
};
