/** build.mjs puts it in: the version of package.json, and the first eight digits of a hash of what was built. */
declare const brokerVersion: string | undefined;

/** Which build this is, such as `0.1.0+5f2a91c4`: told apart though the number did not move. `source` where nothing was built. */
export const version: string = typeof brokerVersion === 'string' ? brokerVersion : 'source';
