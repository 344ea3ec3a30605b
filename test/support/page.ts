import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const projectRoot = resolve(import.meta.dirname, '../..');

export interface Section {
  /** Without its #. */
  readonly heading: string;
  readonly depth: number;
  /** What stands between this heading and the next of any depth. */
  readonly text: string;
}

/** A page of the documentation, in the parts that tests ask for. */
export interface Page {
  readonly path: string;
  readonly text: string;
  /** The text without its blocks of code. */
  readonly prose: string;
  readonly sections: readonly Section[];
  /** What stands in backticks within a line of prose. */
  readonly terms: readonly string[];
  /** Targets of links and pictures. */
  readonly links: readonly string[];
}

/** @param path relative to the project, such as `docs/builder.md` */
export function readPage(path: string): Page {
  const text = readFileSync(join(projectRoot, path), 'utf8');
  const prose = text.replaceAll(/^```.*?^```$/gms, '');
  const headings = [...prose.matchAll(/^(#+) (.*)$/gm)];
  const sections = headings.map((match, index) => ({
    heading: match[2] ?? '',
    depth: match[1]?.length ?? 0,
    text: prose.slice(match.index + match[0].length, headings[index + 1]?.index),
  }));
  return {
    path,
    text,
    prose,
    sections,
    terms: [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? ''),
    links: [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? ''),
  };
}

/** The blocks of code that begin with exactly this line (without its backticks), in order. */
export const blocksOf = (page: Pick<Page, 'text'>, info: string): string[] =>
  page.text
    .split(/^```/m)
    .filter((part, index) => index % 2 === 1 && part.startsWith(`${info}\n`))
    .map((part) => part.slice(info.length + 1));

/** The first column of every table in a piece of Markdown: the terms of each row, without the head. */
export function firstColumn(markdown: string): string[][] {
  const rows = markdown.split('\n').filter((line) => line.startsWith('|'));
  return rows
    .filter((row, index) => !/^\|\s*-/.test(row) && !/^\|\s*-/.test(rows[index + 1] ?? ''))
    .map((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''));
}

/** The address of a heading, as GitHub makes it. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
