/**
 * Messages of a folder that may be posted and not yet committed, where order is not asked for: as few at first, and as many
 * at most. After a kill as many are sent again, under the same keys.
 */
export const windowSizes = { least: 8, most: 32 } as const;
