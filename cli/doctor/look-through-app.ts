import { z } from 'zod';
import type { Localised } from '../../src/lib/doctor/checks/types.ts';
import type { Item, Report } from '../../src/lib/doctor/doctor.ts';
import type { Who } from '../../src/lib/errors.ts';
import type { Client } from '../api/client.ts';
import { ApiProblem } from '../api/refusal.ts';

/** What the app answered, or that it did not. */
export interface AppAnswer {
  /** Undefined where the app did not answer, or is too old to tell. */
  readonly report: Pick<Report, 'version' | 'checkedAt' | 'tookMs'> | undefined;
  readonly items: readonly Item[];
}

const whos = [
  'caller',
  'mailbox owner',
  'tenant admin',
  'deployment owner',
  'nobody',
] as const satisfies readonly Who[];

const form = z.object({
  version: z.string().default(''),
  checkedAt: z.coerce.date(),
  tookMs: z.number(),
  items: z.array(
    z.object({
      check: z.string(),
      subject: z.string().nullable(),
      vantage: z.literal('app'),
      status: z.enum(['ok', 'warn', 'fail', 'unknown']),
      code: z.string().nullable(),
      sentence: z.string(),
      remedy: z.string().nullable(),
      who: z.enum(whos).nullable(),
      doc: z.string(),
    }),
  ),
});

/** Asks `GET doctor`. That the app does not answer is a finding like any other. */
export async function lookThroughApp(client: Client, language: keyof Localised): Promise<AppAnswer> {
  try {
    const { items, ...report } = form.parse(
      (await client.api.GET('/doctor', { params: { query: { lang: language } } })).data,
    );
    return { report, items };
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    return { report: undefined, items: [silent(error, client.url, language)] };
  }
}

const silent = ({ code, message, remedy }: ApiProblem, url: string, language: keyof Localised): Item => ({
  check: 'broker',
  subject: url,
  vantage: 'machine',
  status: 'fail',
  code,
  sentence: language === 'en' ? `The app did not answer: ${message}` : `应用没有给出检查结果（${code}）。`,
  remedy: language === 'en' ? remedy : (chinese[code] ?? `请查看 docs/error-codes.md 中的 ${code}。`),
  who: 'deployment owner',
  doc: 'docs/doctor.md#broker',
});

const chinese: Readonly<Record<string, string>> = {
  unreachable: '请检查地址和网络；本地代理由 npm start 启动。',
  not_a_broker: '请检查地址是否为函数应用的地址，以及应用是否在运行：它的 /api/health 应返回 {"status":"ok"}。',
};
