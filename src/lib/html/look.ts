import { type Color, colorIn, isAlike, white } from './color.ts';
import type { Style } from './style.ts';

/** How the text within an element looks, as far as that decides whether anyone sees it. */
export interface Look {
  /** The element takes no place on the page, or cannot be seen as a whole. */
  readonly hidden: boolean;
  /** Letters too small to be seen. */
  readonly tiny: boolean;
  /** Undefined if not given or not understood. */
  readonly color: Color | undefined;
  /** Undefined where it is not understood, such as a picture. */
  readonly background: Color | undefined;
}

/** Black on white, as a page begins. */
export const plainLook: Look = { hidden: false, tiny: false, color: undefined, background: white };

/** Text in the colour of what is behind it. */
export const isCamouflaged = ({ color, background }: Look): boolean =>
  color !== undefined && (color.alpha === 0 || (background !== undefined && isAlike(color, background)));

/** What a style alone says of an element. */
export interface StyledLook {
  readonly hidden: boolean;
  /** Hidden from Outlook: others show it. */
  readonly hiddenInOutlook: boolean;
  /** It says how it is displayed, which counts more than the attribute `hidden`. */
  readonly displayed: boolean;
  /** Of the size of the parent: true if nothing is said, or in proportion to it. */
  readonly sizedByParent: boolean;
  readonly tiny: boolean;
  readonly color: Color | undefined | 'unsaid';
  readonly background: Color | undefined | 'unsaid';
}

export function styledLook(style: Style): StyledLook {
  const said = (name: string): string => style.get(name)?.value ?? '';
  const display = said('display');
  return {
    hidden: display === 'none' || isInvisible(said) || isClosed(said) || isElsewhere(said),
    hiddenInOutlook: said('mso-hide') === 'all',
    displayed: display !== '',
    ...sizeOf(said('font-size'), said('font')),
    color: colorOf(said('color')),
    background: backgroundOf(said),
  };
}

type Said = (name: string) => string;

const isInvisible = (said: Said): boolean =>
  /^(hidden|collapse)$/.test(said('visibility')) || /^(0+(\.0*)?|\.0+)%?$/.test(said('opacity'));

/** Without height or width. With a height alone what is in it would stand over the next, unless that is cut off. */
function isClosed(said: Said): boolean {
  if (isNothing(said('max-height'))) return true;
  const isClipped = ['overflow', 'overflow-x', 'overflow-y'].some((name) => /hidden|clip/.test(said(name)));
  return (
    isClipped && ['height', 'width', 'max-width'].some((name) => /^1px$/.test(said(name)) || isNothing(said(name)))
  );
}

const isElsewhere = (said: Said): boolean =>
  isFarAway(said('text-indent')) ||
  (/absolute|fixed/.test(said('position')) && (isFarAway(said('left')) || isFarAway(said('top'))));

const isNothing = (length: string): boolean => /^0+(\.0*)?(px|pt|em|rem|%)?$/.test(length);

const isFarAway = (length: string): boolean => /^-\d{3,}(\.\d*)?(px|pt|em|rem|%)?$/.test(length);

// In pixels or points.
const largestUnseen = 2;

function sizeOf(size: string, font: string): Pick<StyledLook, 'sizedByParent' | 'tiny'> {
  const match = /(?:^|\s)(\d*\.?\d+)(px|pt|em|rem|%)?(?=$|[\s/])/.exec(size === '' ? font : size);
  if (match === null) return { sizedByParent: size === '', tiny: false };
  const [, number, unit = ''] = match;
  if (unit === 'em' || unit === '%') return { sizedByParent: Number(number) > 0, tiny: Number(number) === 0 };
  return { sizedByParent: false, tiny: unit === 'rem' ? Number(number) === 0 : Number(number) <= largestUnseen };
}

const colorOf = (value: string): StyledLook['color'] =>
  value === '' || value === 'inherit' ? 'unsaid' : colorIn(value);

function backgroundOf(said: Said): StyledLook['background'] {
  if (/url|gradient/.test(said('background-image') + said('background'))) return undefined;
  const own = said('background-color') || said('background');
  if (/^(none|inherit|initial|unset)?$/.test(own)) return 'unsaid';
  const color = colorIn(own);
  if (color?.alpha === 0) return 'unsaid';
  return color?.alpha === 1 ? color : undefined;
}

/**
 * The look of an element within another one.
 * @param attributes as the HTML has them, names in lower case
 * @param revealed it stands where only programs other than Outlook look, so what is hidden from Outlook is meant for them
 */
export function lookWithin(
  parent: Look,
  tag: string,
  attributes: Readonly<Record<string, string>>,
  own: StyledLook,
  revealed: boolean,
): Look {
  const { background, bgcolor, hidden } = attributes;
  // A link that Outlook is not to show stands beside a button that only Outlook draws.
  const isForOthers = revealed || tag === 'a';
  const written = tag === 'font' ? attributes.color : tag === 'body' ? attributes.text : undefined;
  const color = own.color === 'unsaid' && written !== undefined ? colorOf(written) : own.color;
  const behind = own.background === 'unsaid' && bgcolor !== undefined ? colorIn(bgcolor) : own.background;
  return {
    hidden: own.hidden || (hidden !== undefined && !own.displayed) || (own.hiddenInOutlook && !isForOthers),
    tiny: own.tiny || (own.sizedByParent && parent.tiny),
    color: color !== 'unsaid' ? color : tag === 'a' ? undefined : parent.color,
    background: background !== undefined ? undefined : behind === 'unsaid' ? parent.background : behind,
  };
}
