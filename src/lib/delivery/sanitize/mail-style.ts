import { lengthOf } from './mail-lengths.ts';
import { fontPxOf, indentOf, isCell, type Room, styleRules } from './mail-style-rules.ts';

/** A style attribute as it may stay, and what follows from it for what the element holds. */
export interface MailStyle {
  readonly own: Map<string, string>;
  /** Pixels by which it moves in what it holds, on both sides together. */
  readonly indentPx: number;
  /** False if it moves in further than there is room for. */
  readonly hasRoom: boolean;
  readonly widthPx: number | undefined;
  readonly fontPx: number | undefined;
}

const mostDeclarations = 60;
const longestValue = 400;

/** The declarations of a style attribute, by the names that are known; later ones win, as in a browser. */
function declarationsOf(text: string): Map<string, string> {
  const own = new Map<string, string>();
  for (const declaration of text.split(';', mostDeclarations)) {
    // No expression for this: long ones, with much white space in them, would keep it busy.
    const colon = declaration.indexOf(':');
    const said = declaration.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    // The colour alone is what most mails use the short form for.
    const name = said === 'background' ? 'background-color' : said;
    const value = withoutPriority(declaration.slice(colon + 1).trim());
    if (!styleRules.has(name) || value.length > longestValue) continue;
    own.delete(name);
    own.set(name, value);
  }
  return own;
}

function withoutPriority(value: string): string {
  const mark = value.lastIndexOf('!');
  const isImportant =
    mark >= 0 &&
    value
      .slice(mark + 1)
      .trim()
      .toLowerCase() === 'important';
  return isImportant ? value.slice(0, mark).trimEnd() : value;
}

const movesIn = /^(?:margin|padding|text-indent|border(?!-(?:collapse|color|style|radius)))/;

/** A style attribute of a mail, as it may stay where it stands. */
export function mailStyle(text: string, room: Room): MailStyle {
  const own = text === '' ? new Map<string, string>() : declarationsOf(text);
  for (const [name, value] of own) {
    const kept = styleRules.get(name)?.(value, room, own);
    if (kept === undefined) own.delete(name);
    else own.set(name, kept);
  }
  const indentPx = indentOf(own) ?? room.ownIndentPx;
  const hasRoom = indentPx <= room.indentPx;
  if (!hasRoom) drop(own, movesIn);
  reconcile(own, room, indentPx);
  const width = lengthOf(own.get('width') ?? '');
  const size = own.get('font-size');
  return {
    own,
    indentPx: hasRoom ? indentPx : 0,
    hasRoom,
    widthPx: width === undefined || width.isPercent ? undefined : width.amount,
    fontPx: size === undefined ? undefined : fontPxOf(size, room.fontPx),
  };
}

const drop = (own: Map<string, string>, form: RegExp): void => {
  for (const name of own.keys()) if (form.test(name)) own.delete(name);
};

const inlineTags: ReadonlySet<string> = new Set(
  'a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u var'.split(
    ' ',
  ),
);

/** Room for it there is between two lines. */
const betweenLinesPx = 4;

/** True if something of it stands out of its line, above and below or at the sides, for which lines do not make room. */
function standsOutOfLine(own: ReadonlyMap<string, string>, tag: string): boolean {
  const display = own.get('display') ?? (inlineTags.has(tag) ? 'inline' : 'block');
  const edges = [...own]
    .filter(([name]) => /^(?:margin|padding|border)/.test(name))
    .flatMap(([, value]) => value.split(' '));
  return (
    display === 'inline' && edges.some((edge) => edge === 'thick' || (lengthOf(edge)?.amount ?? 0) > betweenLinesPx)
  );
}

/** Values that are allowed alone, but not together. */
function reconcile(own: Map<string, string>, { tag }: Room, indentPx: number): void {
  if (standsOutOfLine(own, tag)) own.set('display', 'inline-block');
  // All of the width, and something on the sides beside it.
  const isFull = own.get('width')?.endsWith('%') === true && indentPx > 0;
  if (tag === 'img' || tag === 'table') {
    if (isFull || (tag === 'img' && !own.has('width'))) drop(own, /^(?:margin|padding|border)/);
  } else if (!isCell(tag)) {
    if (isFull) own.delete('width');
    // What is in it would stick out below; it may well be higher.
    const height = own.get('height');
    own.delete('height');
    if (height !== undefined && !own.has('min-height')) own.set('min-height', height);
  }
}
