import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { page } from '../pages/pages.ts';
import type { Step } from './types.ts';

/** A step of the way as an HTTP answer. */
export async function answerStep(step: Step, request: HttpRequest, requestId: string): Promise<HttpResponseInit> {
  if (step.kind === 'page') {
    return page(step.content, { acceptLanguage: request.headers.get('accept-language'), requestId });
  }
  return {
    status: 303,
    // The address of the callback contains a code, which no later page may see.
    headers: { Location: step.location, 'Referrer-Policy': 'no-referrer' },
    ...(step.cookie === undefined ? {} : { cookies: [step.cookie] }),
  };
}
