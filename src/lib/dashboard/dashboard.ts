import type { HttpResponseInit } from '@azure/functions';
import type { ErrorText } from '../errors/entry.ts';
import type { ErrorTexts } from '../errors/texts.ts';
import { BrokerError } from '../errors.ts';
import { toBrokerError } from '../http/problem.ts';
import type { DashboardForm } from '../http/requests/dashboard.ts';
import { type Language, pickLanguage } from '../pages/language.ts';
import { postedByOurPage } from '../pages/same-site.ts';
import { type ActionDeps, act, targetOf } from './actions.ts';
import type { DoctorReport } from './doctor-report.ts';
import { type OverviewDeps, readOverview } from './overview.ts';
import { answerPage, wordsIn } from './page.ts';
import { confirmPage, overviewPage, signInPage, type Told } from './render.ts';
import { isFormOf, type OpenSession, type Sessions } from './session.ts';
import { beginSignIn, type DashboardSignInDeps, finishSignIn } from './sign-in.ts';

/** A browser's request, as far as the dashboard looks at it. */
export interface DashboardRequest {
  readonly headers: Headers;
  readonly query: URLSearchParams;
}

/** The admin's first look: what is there, how it goes, and the few changes that need no command line. */
export interface Dashboard {
  /** The overview, or the page to sign in. */
  show(request: DashboardRequest): Promise<HttpResponseInit>;
  /**
   * A button. A change that was not confirmed yet answers with the question.
   * @throws BrokerError `cross_site_refused` for a form that is not from our own page
   */
  press(request: DashboardRequest, form: DashboardForm): Promise<HttpResponseInit>;
  /** The way back from Microsoft. */
  callback(request: DashboardRequest): Promise<HttpResponseInit>;
}

export interface DashboardDeps {
  readonly publicUrl: string;
  readonly sessions: Sessions;
  readonly signIn: DashboardSignInDeps;
  readonly actions: ActionDeps;
  readonly overview: OverviewDeps;
  /** Asks the doctor. */
  readonly examine: (language: Language) => Promise<DoctorReport>;
}

/** Everything answers that it is off. */
export function createDashboardOff(publicUrl: string): Dashboard {
  const refuse = (request: DashboardRequest) => refusal(request, homeOf(publicUrl), new BrokerError('dashboard_off'));
  return { show: refuse, press: refuse, callback: refuse };
}

const homeOf = (publicUrl: string): string => `${publicUrl}/api/dashboard`;

const languageOf = ({ headers }: DashboardRequest): Language => pickLanguage(headers.get('accept-language'));

async function refusal(request: DashboardRequest, home: string, error: BrokerError): Promise<HttpResponseInit> {
  const texts = await wordsIn(languageOf(request));
  return answerPage(texts, signInPage(texts, home, { status: error.status, ...said(error, texts.errors) }));
}

/** What a failure says: in English perhaps more exactly than its code does. */
const said = (error: BrokerError, errors: ErrorTexts): ErrorText =>
  errors.tag === 'en' ? { sentence: error.message, remedy: error.remedy } : errors.of(error.code);

export function createDashboard(deps: DashboardDeps): Dashboard {
  const { publicUrl, sessions } = deps;
  const home = homeOf(publicUrl);

  const overview = async (request: DashboardRequest, session: OpenSession, told?: Told): Promise<HttpResponseInit> => {
    const language = languageOf(request);
    const isExamined = request.query.get('doctor') === '1';
    const [found, report] = await Promise.all([
      readOverview(deps.overview),
      isExamined ? deps.examine(language) : Promise.resolve(undefined),
    ]);
    const texts = await wordsIn(language);
    return answerPage(texts, overviewPage(texts, session, found, told, report));
  };

  const change = async (
    request: DashboardRequest,
    session: OpenSession,
    form: Extract<DashboardForm, { readonly id: string }>,
  ): Promise<HttpResponseInit> => {
    const texts = await wordsIn(languageOf(request));
    try {
      if (form.confirmed !== 'yes') {
        return answerPage(
          texts,
          confirmPage(texts, session, form.action, await targetOf(deps.actions, form.action, form.id)),
        );
      }
      await act(deps.actions, form.action, form.id, `admin ${session.oid}`);
    } catch (caught) {
      const error = toBrokerError(caught);
      const { sentence, remedy } = said(error, texts.errors);
      return overview(request, session, { kind: 'failed', sentence: `${texts.failed}: ${sentence} ${remedy}` });
    }
    // So that loading the page again changes nothing again.
    return { status: 303, headers: { Location: `${home}?done=1` } };
  };

  return {
    async show(request) {
      const session = await sessions.open(request.headers.get('cookie'));
      const texts = await wordsIn(languageOf(request));
      if (session === undefined) return answerPage(texts, signInPage(texts, home));
      const told: Told | undefined =
        request.query.get('done') === '1' ? { kind: 'done', sentence: texts.done } : undefined;
      return overview(request, session, told);
    },

    async press(request, form) {
      if (!postedByOurPage(request.headers, publicUrl)) throw new BrokerError('cross_site_refused');
      if (form.action === 'sign-in') return beginSignIn(deps.signIn);
      const session = await sessions.open(request.headers.get('cookie'));
      const texts = await wordsIn(languageOf(request));
      // It ended while the page was open: the way on is to sign in.
      if (session === undefined) return answerPage(texts, signInPage(texts, home));
      if (!isFormOf(session, form.form)) throw new BrokerError('cross_site_refused');
      if (form.action === 'sign-out') {
        return { status: 303, headers: { Location: home }, cookies: [sessions.end] };
      }
      return change(request, session, form);
    },

    async callback(request) {
      try {
        const who = await finishSignIn(deps.signIn, request.query, request.headers.get('cookie'));
        return { status: 303, headers: { Location: home }, cookies: [await sessions.begin(who)] };
      } catch (caught) {
        return refusal(request, home, toBrokerError(caught));
      }
    },
  };
}
