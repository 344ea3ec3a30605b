/**
 * For processes that get no other environment: what one of them has compiled the next one takes as it is. The folder is
 * chosen in vitest.config.ts.
 */
export const compileCache: Readonly<Record<string, string>> =
  process.env.NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
