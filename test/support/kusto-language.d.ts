// What we use of @kusto/language-service-next; its own types are 1.7 MB of globals. The scripts put `Kusto` on the global
// object when they are loaded.

interface KustoList<T> {
  readonly Count: number;
  getItem(index: number): T;
}

interface KustoElement {
  readonly Kind: number;
  readonly IsToken: boolean;
  /** Of a token. */
  readonly Text?: string;
  readonly ChildCount: number;
  GetChild(index: number): KustoElement | null;
  toString(): string;
}

interface KustoPath extends KustoElement {
  readonly Expression: KustoElement;
  readonly Selector: KustoElement;
}

interface KustoCode {
  readonly Syntax: KustoElement & { WalkElements(action: (element: KustoElement) => void): void };
  readonly ResultType: { readonly Columns?: KustoList<{ readonly Name: string }> } | null;
  GetDiagnostics(): KustoList<{ readonly Severity: string; readonly Message: string; readonly Start: number }>;
}

interface KustoGlobals {
  WithDatabase(database: object): KustoGlobals;
}

declare const Kusto: {
  readonly Language: {
    readonly GlobalState: { readonly Default: KustoGlobals };
    readonly KustoCode: {
      Parse(text: string): KustoCode;
      ParseAndAnalyze(text: string, globals: KustoGlobals): KustoCode;
    };
    readonly Symbols: {
      readonly TableSymbol: { From(schema: string): { WithName(name: string): object } };
      readonly DatabaseSymbol: { readonly ctor: new (name: string, members: readonly object[]) => object };
    };
    readonly Syntax: {
      readonly SyntaxKind: Readonly<Record<string, unknown>> & {
        readonly PathExpression: number;
        readonly StringLiteralExpression: number;
      };
    };
  };
};
