import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { app, type HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { broker } from '../../lib/broker.ts';
import { allMethods, resource } from '../../lib/http/resource.ts';

/** Nothing but what this page brings may run or be asked for; the viewer shows pictures of its own as data. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>NocoBase Mail Broker: the API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs?file=style">
</head>
<body>
<main id="api"><noscript>This page needs JavaScript. The document itself is <a href="openapi.json">openapi.json</a>.</noscript></main>
<script src="docs?file=viewer"></script>
<script src="docs?file=start"></script>
</body>
</html>
`;

/** A key that is typed in stays in the page. No validator on a foreign host is asked. */
const start = `SwaggerUIBundle({
  url: 'openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null, persistAuthorization: false,
  docExpansion: 'list', defaultModelsExpandDepth: 0, presets: [SwaggerUIBundle.presets.apis],
});
`;

const javascript = 'text/javascript; charset=utf-8';
const cached = { 'Cache-Control': 'public, max-age=3600' };

const docsQuery = z.strictObject({ file: z.enum(['style', 'viewer', 'start']).optional() });

type FileName = NonNullable<z.output<typeof docsQuery>['file']>;

/** The viewer packed, once a process. */
const packed = new Map<FileName, Promise<Uint8Array>>();

async function file(name: FileName, takesGzip: boolean): Promise<HttpResponseInit> {
  if (name === 'start') return { status: 200, headers: { 'Content-Type': javascript, ...cached }, body: start };
  const { viewer } = await import('./docs-files.ts');
  const text = name === 'style' ? viewer.style : viewer.script;
  const type = name === 'style' ? 'text/css; charset=utf-8' : javascript;
  const headers = { 'Content-Type': type, ...cached, Vary: 'Accept-Encoding' };
  if (!takesGzip) return { status: 200, headers, body: text };
  const made = packed.get(name) ?? promisify(gzip)(text);
  packed.set(name, made);
  return { status: 200, headers: { ...headers, 'Content-Encoding': 'gzip' }, body: await made };
}

/** `GET docs`: the OpenAPI document as a page for people, in Swagger UI; `?file=` is what the page brings along. */
export const docs = resource(broker, {
  GET: {
    scope: 'none',
    query: docsQuery,
    handler: async ({ query, request }) => {
      if (query.file !== undefined) {
        return file(query.file, /\bgzip\b/i.test(request.headers.get('accept-encoding') ?? ''));
      }
      const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy };
      return { status: 200, headers: { ...headers, 'Referrer-Policy': 'no-referrer' }, body: page };
    },
  },
});

app.http('docs', { route: 'docs', methods: allMethods, authLevel: 'anonymous', handler: docs });
