import document from './openapi.json' with { type: 'json' };

/** The document, in a module of its own: it is read at first use, and lies beside the bundle. */
export const openApiText = JSON.stringify(document);
