/** What a path matched, and the values of the template's parameters. */
export interface Match<T> {
  readonly target: T;
  readonly params: Readonly<Record<string, string>>;
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string; readonly optional: boolean }
  | { readonly kind: 'rest'; readonly name: string };

interface Route<T> {
  readonly methods: ReadonlySet<string>;
  readonly segments: readonly Segment[];
  readonly target: T;
}

export interface Router<T> {
  /** @throws Error for a template in a form that this host does not know, such as a constraint */
  add(methods: readonly string[], template: string, target: T): void;
  /** The best match of a path that starts below the host (`api/…`), or undefined. */
  match(method: string, path: string): Match<T> | undefined;
}

/**
 * Routes as ASP.NET matches them in the Functions host: literals in any letter case, a literal before a parameter
 * before `{*rest}` at the first segment where two templates differ, and no match (404) for a method that no template takes.
 */
export function createRouter<T>(): Router<T> {
  const routes: Route<T>[] = [];
  return {
    add: (methods, template, target) => {
      routes.push({
        methods: new Set(methods.map((method) => method.toUpperCase())),
        segments: parseTemplate(template),
        target,
      });
      routes.sort((a, b) => comparePrecedence(a.segments, b.segments));
    },
    match: (method, path) => {
      const parts = split(path);
      for (const route of routes) {
        if (!route.methods.has(method)) continue;
        const params = matchSegments(route.segments, parts);
        if (params !== undefined) return { target: route.target, params };
      }
      return undefined;
    },
  };
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function parseTemplate(template: string): Segment[] {
  return split(template).map((text): Segment => {
    if (!text.includes('{')) return { kind: 'literal', text: text.toLowerCase() };
    const parameter = /^\{(?<rest>\*{0,2})(?<name>\w+)(?<optional>\??)\}$/.exec(text)?.groups;
    if (parameter?.name === undefined) throw new Error(`The local host does not know the route form "${text}".`);
    if (parameter.rest !== '') return { kind: 'rest', name: parameter.name };
    return { kind: 'parameter', name: parameter.name, optional: parameter.optional !== '' };
  });
}

const weight: Record<Segment['kind'], number> = { literal: 0, parameter: 1, rest: 2 };

function comparePrecedence(a: readonly Segment[], b: readonly Segment[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]];
    if (left === undefined) return -1;
    if (right === undefined) return 1;
    const difference = weight[left.kind] - weight[right.kind];
    if (difference !== 0) return difference;
  }
  return 0;
}

function matchSegments(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (segment.kind === 'rest') {
      const rest = parts.slice(index).map(decode);
      if (rest.length > 0) params[segment.name] = rest.join('/');
      return params;
    }
    if (part === undefined) {
      if (segment.kind === 'parameter' && segment.optional) continue;
      return undefined;
    }
    if (segment.kind === 'parameter') params[segment.name] = decode(part);
    else if (segment.text !== decode(part).toLowerCase()) return undefined;
  }
  return parts.length > segments.length ? undefined : params;
}

/** Percent-decoding as the web server does it: an encoded slash stays, and what is not UTF-8 stays as it was sent. */
function decode(part: string): string {
  try {
    return part
      .split(/(%2f)/i)
      .map((piece) => (/^%2f$/i.test(piece) ? piece : decodeURIComponent(piece)))
      .join('');
  } catch {
    return part;
  }
}
