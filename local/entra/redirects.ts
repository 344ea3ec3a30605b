/** Whether an address is registered as it stands, or but for the port on localhost, which Entra ignores. */
export const isRegisteredRedirect = (registered: readonly string[], given: string): boolean =>
  registered.some((known) => known === given || sameButPort(known, given));

export function sameButPort(known: string, given: string): boolean {
  if (!URL.canParse(given)) return false;
  const [one, other] = [new URL(known), new URL(given)];
  one.port = '';
  other.port = '';
  return one.hostname === 'localhost' && one.href === other.href;
}
