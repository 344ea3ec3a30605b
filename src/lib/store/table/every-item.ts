interface Page<T> {
  readonly items: readonly T[];
  /** Undefined on the last page. */
  readonly cursor: string | undefined;
}

/** All items of a list that is read in pages, each page when it is needed. @throws what `read` throws */
export async function* everyItem<T>(read: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
