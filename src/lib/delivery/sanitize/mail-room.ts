import { widestPx } from './mail-style-rules.ts';

/** An element that is open, and what is left to what it holds. */
export interface Place {
  readonly tag: string;
  widthPx: number;
  indentPx: number;
  fontPx: number;
  /** True within a heading: one within another would be twice as large each time. */
  inHeading: boolean;
  inList: boolean;
  /** Of a row: the number of its cells so far, how many of them are counted with their pixels, and these. */
  cells: number;
  counted: number;
  cellsPx: number;
  /** Of a cell: pixels that it has been counted with in its row. */
  countedPx: number;
}

/** Six quotes within each other; then what moves in further stays where it is. */
const mostIndentPx = 500;

/** Of more cells than these the words alone may be too wide for a row. */
const fewCells = 6;

/** What a cell has at least that says nothing of its width: a short word. */
const shortWordPx = 40;

const noCells = { cells: 0, counted: 0, cellsPx: 0, countedPx: 0 };

const isCell = (tag: string): boolean => tag === 'td' || tag === 'th';

/**
 * The elements of a mail that are open. Sizes are bounded by what is left of the mail's place, since many small ones add
 * up: what moves in within what moves in, and the cells of a row beside each other.
 */
export function createRoom() {
  const places: Place[] = [
    {
      ...{ tag: '', widthPx: widestPx, indentPx: mostIndentPx, fontPx: 16, inHeading: false, inList: false },
      ...noCells,
    },
  ];

  return {
    open(tag: string): void {
      const around = places.at(-1);
      if (around === undefined) return;
      if (isCell(tag)) around.cells += 1;
      places.push({ ...around, tag, ...noCells });
    },

    close(): void {
      if (places.length > 1) places.pop();
    },

    /** The element that was opened last. */
    here: (): Place => places.at(-1) as Place,

    /** True for a cell whose row is full: its words have to break where they must. */
    isCrowded(): boolean {
      const [row, cell] = places.slice(-2);
      if (row === undefined || cell === undefined || !isCell(cell.tag)) return false;
      return row.cells > fewCells || (cell.countedPx === 0 && row.cellsPx > row.widthPx - row.cells * shortWordPx);
    },

    /** The element around it. */
    around: (): Place => (places.at(-2) ?? places.at(-1)) as Place,

    /**
     * Counts pixels of the element that was opened last in the rows of all tables around it: a table gives way to them.
     * @returns false if one of the tables would be wider than its place; then nothing is counted
     */
    claim(widthPx: number): boolean {
      const counted: { readonly cell: Place; readonly row: Place; readonly morePx: number; readonly px: number }[] = [];
      let px = widthPx;
      for (let at = places.length - 1; at > 0; at -= 1) {
        const [row, cell] = [places[at - 1], places[at]];
        if (cell === undefined || row === undefined || !isCell(cell.tag)) continue;
        const morePx = px - cell.countedPx;
        if (morePx <= 0) break;
        const others = row.cells - row.counted - (cell.countedPx === 0 ? 1 : 0);
        if (row.cellsPx + morePx > row.widthPx - others * shortWordPx) return false;
        counted.push({ cell, row, morePx, px });
        px = row.cellsPx + morePx;
      }
      for (const { cell, row, morePx, px: all } of counted) {
        row.cellsPx += morePx;
        if (cell.countedPx === 0) row.counted += 1;
        cell.countedPx = all;
      }
      return true;
    },
  };
}
