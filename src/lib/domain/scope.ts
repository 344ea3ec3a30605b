/** What an API key may do. None implies another. */
export const scopes = ['connect', 'read', 'write', 'send', 'token', 'admin'] as const;

export type Scope = (typeof scopes)[number];
