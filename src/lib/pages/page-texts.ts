import type { Language } from './language.ts';
import type { PageTexts } from './texts.ts';
import { en } from './texts-en.ts';
import { zh } from './texts-zh.ts';

export const pageTexts: Readonly<Record<Language, PageTexts>> = { en, zh };
