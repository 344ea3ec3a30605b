import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { BrokerError, ErrorCode } from '../errors.ts';
import { errorPage, wantsHtml } from './pages.ts';

// What a person meets who opens a link; everything else that a program can do wrong is answered as to a program.
const metByPeople: ReadonlySet<ErrorCode> = new Set(['link_invalid', 'link_expired', 'link_spent', 'sign_in_foreign']);

type ErrorPage = (error: BrokerError, request: HttpRequest, requestId: string) => Promise<HttpResponseInit> | undefined;

const errorPageAbout =
  (about?: 'admin-consent'): ErrorPage =>
  (error, request, requestId) => {
    if (!wantsHtml(request.headers.get('accept')) && !metByPeople.has(error.code)) return undefined;
    return errorPage(error, { acceptLanguage: request.headers.get('accept-language'), requestId }, about);
  };

/**
 * A failure of a browser's endpoint: a page for anyone who asks for one, or opened a link that is no good; else
 * problem+json.
 */
export const browserError: ErrorPage = errorPageAbout();

/** The same where the link is one for an administrator. */
export const consentError: ErrorPage = errorPageAbout('admin-consent');
