import './kusto.ts';

// Runs a query over rows in memory: Microsoft's own parser reads it, and what follows is the part of the language that the
// alert on silence uses. Anything else throws. There is no engine of this language in npm or Debian to ask instead.
// https://learn.microsoft.com/kusto/query/ ; of `summarize` over nothing: summarize-operator#aggregates-default-values

type Value = unknown;
export type Row = Readonly<Record<string, Value>>;
type Table = readonly Row[];

/** A part of the query, without the brackets and lists around it. Tokens have text, all else has parts. */
interface Part {
  readonly kind: string;
  readonly text: string;
  readonly parts: readonly Part[];
}

const { KustoCode, Syntax } = Kusto.Language;
const kinds = new Map(Object.entries(Syntax.SyntaxKind).map(([name, value]) => [value, name]));

function read(element: KustoElement): Part {
  if (element.IsToken) return { kind: 'Token', text: element.Text ?? '', parts: [] };
  const children: Part[] = [];
  for (let index = 0; index < element.ChildCount; index += 1) {
    const child = element.GetChild(index);
    if (child === null) continue;
    const part = read(child);
    if (['List', 'SeparatedElement', 'TokenName', 'ExpressionList'].includes(part.kind)) children.push(...part.parts);
    else if (part.kind !== 'Token' || !['', ',', '(', ')', ';'].includes(part.text)) children.push(part);
  }
  return {
    kind: kinds.get(element.Kind) ?? 'unknown',
    text: children.map(({ text }) => text).join(''),
    parts: children,
  };
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

interface Scope {
  readonly names: ReadonlyMap<string, Value | Table>;
  /** Milliseconds since 1970; times and spans are numbers of milliseconds. */
  readonly now: number;
}

const isNull = (value: Value): boolean => value === null || value === undefined;
const isNumber = (value: Value): value is number => typeof value === 'number';
const isRow = (value: Value): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTable = (value: Value): value is Table => Array.isArray(value);

/** With a null on either side the answer is null, which `where` takes for no. */
const compared = (one: Value, other: Value, compare: () => Value): Value =>
  isNull(one) || isNull(other) ? null : compare();

const numbers = (one: Value, other: Value, act: (a: number, b: number) => Value): Value =>
  isNumber(one) && isNumber(other) ? act(one, other) : null;

const operators: Readonly<Record<string, (one: Value, other: Value) => Value>> = {
  EqualExpression: (one, other) => compared(one, other, () => one === other),
  EqualTildeExpression: (one, other) => String(one).toLowerCase() === String(other).toLowerCase(),
  ContainsExpression: (one, other) => String(one).toLowerCase().includes(String(other).toLowerCase()),
  GreaterThanExpression: (one, other) => numbers(one, other, (a, b) => a > b),
  MultiplyExpression: (one, other) => numbers(one, other, (a, b) => a * b),
  SubtractExpression: (one, other) => numbers(one, other, (a, b) => a - b),
  AndExpression: (one, other) => one === true && other === true,
};

const functions: Readonly<Record<string, (values: readonly Value[], scope: Scope) => Value>> = {
  now: (_none, { now }) => now,
  ago: ([span], { now }) => numbers(span, now, (ms, at) => at - ms),
  parse_json: ([text]) => JSON.parse(String(text)),
  tostring: ([value]) => (isNull(value) ? '' : String(value)),
  tolong: ([value]) => (isNull(value) || Number.isNaN(Number(value)) ? null : Math.trunc(Number(value))),
  coalesce: (values) => values.find((value) => !isNull(value)) ?? null,
  max_of: (values) => Math.max(...values.filter(isNumber)),
  iff: ([test, yes, no]) => (test === true ? yes : no),
  case: (values) => {
    const at = values.findIndex((value, place) => place % 2 === 0 && place < values.length - 1 && value === true);
    return at === -1 ? values.at(-1) : values[at + 1];
  },
};

const first = ({ parts, kind }: Part, place = 0): Part => {
  const found = parts[place];
  if (found === undefined) throw new Error(`A ${kind} has no part ${place}.`);
  return found;
};

function evaluate(part: Part, row: Row, scope: Scope): Value {
  const { kind, parts, text } = part;
  const inner = (place: number): Value => evaluate(first(part, place), row, scope);
  const operator = operators[kind];
  // The operator itself stands between its sides.
  if (operator !== undefined) return operator(inner(0), inner(2));
  switch (kind) {
    case 'LongLiteralExpression':
      return Number(text);
    case 'StringLiteralExpression':
      return text.slice(1, -1);
    case 'TimespanLiteralExpression':
      return Number(text.slice(0, -1)) * (unitMs[text.slice(-1)] ?? Number.NaN);
    case 'NameReference':
      if (Object.hasOwn(row, text)) return row[text];
      if (scope.names.has(text)) return scope.names.get(text);
      throw new Error(`There is no ${text}.`);
    case 'PathExpression': {
      const from = inner(0);
      return isRow(from) ? (from[first(part, 2).text] ?? null) : null;
    }
    case 'ParenthesizedExpression':
      return inner(0);
    case 'InExpression':
      return parts.slice(2).some((one) => evaluate(one, row, scope) === inner(0));
    case 'ToScalarExpression': {
      const [only] = tableOf(first(part, 1), scope);
      return only === undefined ? null : (Object.values(only)[0] ?? null);
    }
    case 'FunctionCallExpression': {
      const name = first(part).text;
      const act = functions[name];
      if (act === undefined) throw new Error(`The function ${name} is not known here.`);
      return act(
        parts.slice(1).map((one) => evaluate(one, row, scope)),
        scope,
      );
    }
    default:
      throw new Error(`${kind} is not known here: ${text}`);
  }
}

/** `name = expression`, or an expression that is its own name. */
const named = (part: Part): readonly [string, Part] =>
  part.kind === 'SimpleNamedExpression' ? [first(part).text, first(part, 2)] : [part.text, part];

/** One aggregate over all rows. Over none: 0 for what counts and adds, null for the rest. */
function aggregate(name: string, call: Part, rows: Table, scope: Scope): Row {
  const at = (place: number, row: Row): Value => evaluate(first(call, place), row, scope);
  switch (first(call).text) {
    case 'count':
      return { [name]: rows.length };
    case 'countif':
      return { [name]: rows.filter((row) => at(1, row) === true).length };
    case 'sum':
      return {
        [name]: rows
          .map((row) => at(1, row))
          .filter(isNumber)
          .reduce((sum, one) => sum + one, 0),
      };
    case 'arg_max': {
      const best = rows.reduce<Row | undefined>(
        (most, row) => (most === undefined || Number(at(1, row)) > Number(at(1, most)) ? row : most),
        undefined,
      );
      return Object.fromEntries(
        call.parts.slice(1).map((one) => [one.text, best === undefined ? null : evaluate(one, best, scope)]),
      );
    }
    default:
      throw new Error(`The aggregate ${first(call).text} is not known here.`);
  }
}

function operate({ kind, parts, text }: Part, rows: Table, scope: Scope): Table {
  // The word of the operator comes first.
  const given = parts.slice(1);
  const values = (row: Row): Row => {
    const whole: Record<string, Value> = {};
    for (const part of given) {
      const [name, expression] = named(part);
      // One that stands later in the list sees those before it.
      whole[name] = evaluate(expression, { ...row, ...whole }, scope);
    }
    return whole;
  };
  switch (kind) {
    case 'FilterOperator':
      return rows.filter((row) => given.every((part) => evaluate(part, row, scope) === true));
    case 'ExtendOperator':
      return rows.map((row) => ({ ...row, ...values(row) }));
    case 'ProjectOperator':
      return rows.map(values);
    case 'CountOperator':
      return [{ Count: rows.length }];
    case 'SummarizeOperator':
      if (given.some((part) => part.kind === 'SummarizeByClause')) throw new Error('Groups are not known here.');
      return [Object.assign({}, ...given.map((part) => aggregate(...named(part), rows, scope)))];
    default:
      throw new Error(`${kind} is not known here: ${text}`);
  }
}

function tableOf(part: Part, scope: Scope): Table {
  if (part.kind === 'PipeExpression') return operate(first(part, 2), tableOf(first(part), scope), scope);
  const found = evaluate(part, {}, scope);
  if (!isTable(found)) throw new Error(`${part.text} is no table.`);
  return found;
}

/** The result of a query over tables, at a time. @throws Error for what of the language is not known here */
export function runQuery(query: string, tables: Readonly<Record<string, Table>>, now: number): Table {
  const names = new Map<string, Value | Table>(Object.entries(tables));
  const scope: Scope = { names, now };
  const statements = read(KustoCode.Parse(query).Syntax).parts;
  let result: Table = [];
  for (const statement of statements) {
    if (statement.kind === 'LetStatement') {
      const value = first(statement, 3);
      names.set(
        first(statement, 1).text,
        value.kind === 'PipeExpression' ? tableOf(value, scope) : evaluate(value, {}, scope),
      );
    } else if (statement.kind === 'ExpressionStatement') result = tableOf(first(statement), scope);
  }
  return result;
}
