import { createRequire } from 'node:module';
import { Language, type Node, Parser } from 'web-tree-sitter';

const require = createRequire(import.meta.url);

/** A resource, or an `existing` one, as it is written. */
export interface BicepResource {
  readonly symbol: string;
  /** `Microsoft.Web/sites` */
  readonly type: string;
  readonly version: string;
  readonly isExisting: boolean;
  /** Text of its condition; empty without one. */
  readonly condition: string;
  /** Text of each value by its path, such as `properties.siteConfig.minTlsVersion`. What an array holds is one text. */
  readonly values: ReadonlyMap<string, string>;
}

export interface BicepDeclaration {
  readonly name: string;
  readonly type: string;
  /** Text of the value, or of a parameter's default; empty without one. */
  readonly value: string;
  readonly decorators: string;
}

export interface BicepFile {
  readonly parameters: readonly BicepDeclaration[];
  readonly variables: readonly BicepDeclaration[];
  readonly outputs: readonly BicepDeclaration[];
  readonly resources: readonly BicepResource[];
  /** Modules: symbol and path. */
  readonly modules: readonly { readonly symbol: string; readonly path: string }[];
  /** Keys of the objects that variables hold, by the variable. */
  readonly keysOf: ReadonlyMap<string, readonly string[]>;
  /** The text without its comments. */
  readonly code: string;
}

const parser = await (async () => {
  await Parser.init();
  const made = new Parser();
  made.setLanguage(await Language.load(require.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm')));
  return made;
})();

const children = (node: Node): Node[] => node.namedChildren.filter((child): child is Node => child !== null);
const childOf = (node: Node, ...types: string[]): Node | undefined =>
  children(node).find(({ type }) => types.includes(type));
const unquoted = (text: string): string => text.replace(/^'|'$/g, '');

/** Reads what a Bicep file declares. @throws Error if it does not parse */
export function parseBicep(text: string): BicepFile {
  const tree = parser.parse(text);
  if (tree === null || tree.rootNode.hasError) throw new Error(`not Bicep: ${faultIn(tree?.rootNode)}`);
  const nodes = children(tree.rootNode);
  const code = nodes.filter(({ type }) => type !== 'comment').map((node) => withoutComments(node));
  const of = (type: string) => nodes.flatMap((node, index) => (node.type === type ? [{ node, index }] : []));
  const declarations = (type: string) => of(type).map(({ node, index }) => declaration(node, nodes[index - 1]));
  const variables = of('variable_declaration').map(({ node }) => node);
  return {
    parameters: declarations('parameter_declaration'),
    variables: declarations('variable_declaration'),
    outputs: declarations('output_declaration'),
    resources: of('resource_declaration').map(({ node }) => resource(node)),
    modules: of('module_declaration').map(({ node }) => {
      const [symbol, path] = children(node);
      return { symbol: symbol?.text ?? '', path: unquoted(path?.text ?? '') };
    }),
    keysOf: new Map(
      variables.map((node) => {
        const held = childOf(node, 'object');
        return [children(node)[0]?.text ?? '', held === undefined ? [] : properties(held).map(([key]) => key)] as const;
      }),
    ),
    code: code.join('\n'),
  };
}

function faultIn(node: Node | undefined): string {
  if (node === undefined) return '';
  const fault = node.descendantsOfType('ERROR')[0];
  return fault === undefined || fault === null
    ? 'something is missing'
    : `line ${fault.startPosition.row + 1}: ${fault.text.slice(0, 80)}`;
}

function withoutComments(node: Node): string {
  const { text, startIndex } = node;
  const comments = node.descendantsOfType('comment').filter((comment): comment is Node => comment !== null);
  return comments.reduceRight((rest, comment) => {
    const begin = comment.startIndex - startIndex;
    return rest.slice(0, begin) + rest.slice(begin + comment.text.length);
  }, text);
}

function declaration(node: Node, before: Node | undefined): BicepDeclaration {
  const [name, ...rest] = children(node).filter(({ type }) => type !== 'comment');
  const isTyped = node.type !== 'variable_declaration';
  const value = rest[isTyped ? 1 : 0];
  return {
    name: name?.text ?? '',
    type: isTyped ? (rest[0]?.text ?? '') : '',
    value: value === undefined ? '' : withoutComments(value),
    decorators: before?.type === 'decorators' ? before.text : '',
  };
}

function resource(node: Node): BicepResource {
  const [symbol, name] = children(node);
  const [type = '', version = ''] = unquoted(name?.text ?? '').split('@');
  const body = node.descendantsOfType('object')[0];
  const condition = node.descendantsOfType('if_statement')[0];
  const values = new Map<string, string>();
  if (body !== undefined && body !== null) collect(body, '', values);
  return {
    symbol: symbol?.text ?? '',
    type,
    version,
    isExisting: /^resource \w+ '[^']*' existing\b/.test(node.text),
    condition: condition === undefined || condition === null ? '' : (children(condition)[0]?.text ?? ''),
    values,
  };
}

function properties(object: Node): [string, Node][] {
  return children(object).flatMap((property): [string, Node][] => {
    if (property.type !== 'object_property') return [];
    const [key, value] = children(property).filter(({ type }) => type !== 'comment');
    return key === undefined || value === undefined ? [] : [[unquoted(key.text), value]];
  });
}

function collect(object: Node, path: string, into: Map<string, string>): void {
  for (const [key, value] of properties(object)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (value.type === 'object') collect(value, at, into);
    else into.set(at, withoutComments(value));
  }
}
