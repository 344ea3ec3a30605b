import { createRequire } from 'node:module';

// Scripts for a browser page: loaded in this order they leave `Kusto` on the global object.
const require = createRequire(import.meta.url);
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');

/**
 * Tables of a Log Analytics workspace, as far as our queries read them. `_LogOperation` is a function over the table
 * `Operation`, and used like a table.
 * https://learn.microsoft.com/azure/azure-monitor/reference/tables/apptraces (apprequests, usage, operation)
 * https://learn.microsoft.com/azure/azure-monitor/logs/monitor-workspace#_logoperation-function
 */
export const workspaceSchema: Readonly<Record<string, string>> = {
  AppTraces:
    'TimeGenerated: datetime, Message: string, SeverityLevel: int, Properties: dynamic, ItemCount: int, OperationId: string, AppRoleName: string, AppRoleInstance: string',
  AppRequests:
    'TimeGenerated: datetime, Name: string, Success: bool, ResultCode: string, DurationMs: real, ItemCount: int, Properties: dynamic, OperationId: string',
  Usage: 'TimeGenerated: datetime, DataType: string, IsBillable: bool, Quantity: real, QuantityUnit: string',
  _LogOperation:
    'TimeGenerated: datetime, Category: string, Operation: string, Level: string, Detail: string, _ResourceId: string',
};

export interface BoundQuery {
  /** What the language service finds wrong: syntax, names, types, arguments. */
  readonly faults: readonly string[];
  /** Columns of the result. */
  readonly columns: readonly string[];
  /** Values of all literals that are texts. */
  readonly texts: readonly string[];
  /** Names of the fields that are read of `line`, which holds a line of the log. */
  readonly lineFields: readonly string[];
}

const { KustoCode, GlobalState, Symbols, Syntax } = Kusto.Language;

function* items<T>(list: KustoList<T>): Generator<T> {
  for (let index = 0; index < list.Count; index++) yield list.getItem(index);
}

/** Parses a query and binds its names against `schema`. */
export function bindQuery(query: string, schema: Readonly<Record<string, string>> = workspaceSchema): BoundQuery {
  const tables = Object.entries(schema).map(([name, columns]) =>
    Symbols.TableSymbol.From(`(${columns})`).WithName(name),
  );
  const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('workspace', tables));
  const code = KustoCode.ParseAndAnalyze(query, globals);
  const texts = new Set<string>();
  const lineFields = new Set<string>();
  code.Syntax.WalkElements((element) => {
    const text = element.toString().trim();
    if (element.Kind === Syntax.SyntaxKind.StringLiteralExpression) texts.add(text.slice(1, -1));
    const field = element.Kind === Syntax.SyntaxKind.PathExpression ? /^line\.(\w+)$/.exec(text)?.[1] : undefined;
    if (field !== undefined) lineFields.add(field);
  });
  const columns = code.ResultType?.Columns;
  return {
    faults: [...items(code.GetDiagnostics())].map(
      ({ Severity, Message, Start }) => `${Severity} at ${Start}: ${Message}`,
    ),
    columns: columns === undefined ? [] : [...items(columns)].map(({ Name }) => Name),
    texts: [...texts],
    lineFields: [...lineFields],
  };
}
