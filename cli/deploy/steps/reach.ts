import { refusalOf } from '../../api/broker-api.ts';
import { type DoctorFinding, readDoctor } from '../../api/doctor.ts';
import { known } from '../facts.ts';
import { type Run, waitUntil } from '../run.ts';
import { blocked, done, type Step, skip } from '../step.ts';

// Roles of the app's identity: up to half an hour. The bootstrap key itself is taken within minutes.
const reachWait = { forMs: 30 * 60_000, everyMs: 10_000, saying: 'Waiting until the roles of the app count' };

/**
 * A key that the broker takes: the bootstrap key until the first real key was made, which is when it is disabled. None is
 * known where another machine made the first key.
 */
const keyOf = ({ facts }: Run): string | undefined =>
  facts.hasMadeKey === true ? facts.adminKey : (facts.bootstrapKey ?? facts.adminKey);

/**
 * The app reaches its vault and its tables: it can list its keys. It cannot be seen from outside, since only the
 * identity has its rights.
 */
export const reach: Step = {
  name: 'reach',
  title: 'The app reaches vault and tables',
  async check(run) {
    const key = keyOf(run);
    if (run.whatIf) return done();
    if (key === undefined) return skip('another machine holds the key; GET doctor looks');
    const broker = run.ports.broker(known(run.facts, 'outputs').publicUrl);
    let last = '';
    const good = await waitUntil(run, reachWait, async () => {
      try {
        const answer = await broker.call('GET', 'keys', { key });
        if (answer.status === 200) return true;
        const refusal = refusalOf(answer);
        last = refusal === undefined ? `HTTP ${answer.status}` : `${refusal.code}: ${refusal.detail}`;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
      return undefined;
    });
    if (good === true) return done();
    return blocked(
      `The app does not reach its vault or its tables (${last}).`,
      'docs/error-codes.md has the code. Roles may take half an hour to count: run this command again.',
    );
  },
};

// A new credential spreads through Entra within minutes. After ten it is wrong, and not slow.
const credentialWait = { forMs: 10 * 60_000, everyMs: 15_000, saying: 'Waiting until Entra takes the credential' };

/** The name of the doctor's live test of the credential (src/lib/doctor/checks/credential.ts). */
export const credentialCheck = 'credential';

/** Codes that speak of the credential itself, and not of consent or of the network (docs/error-codes.md). */
export const credentialCodes: readonly string[] = [
  'client_secret_expired',
  'client_secret_invalid',
  'federation_refused',
  'identity_unavailable',
];

/**
 * Entra accepts the app's credential. A refused identity is retried for ten minutes, and then the deploy stops: whether
 * to continue with a secret is the person's decision.
 */
export const credentialAccepted: Step = {
  name: 'credential-accepted',
  title: 'Entra accepts the app',
  async check(run) {
    const key = keyOf(run);
    if (run.whatIf) return done();
    if (key === undefined) return skip('another machine holds the key; GET doctor looks');
    if (known(run.facts, 'choices').allowedTenants.includes('*'))
      return skip('every tenant may sign in: there is none to try it in');
    const broker = run.ports.broker(known(run.facts, 'outputs').publicUrl);
    let last: DoctorFinding | undefined;
    const accepted = await waitUntil(run, credentialWait, async () => {
      const answer = await broker.call('GET', 'doctor', { key }).catch(() => undefined);
      last = readDoctor(answer?.body)?.find(({ check }) => check === credentialCheck) ?? last;
      return last?.status === 'ok' ? true : undefined;
    });
    if (accepted === true) return done();
    const said = last === undefined ? 'the doctor does not answer' : `${last.code ?? last.status}: ${last.sentence}`;
    if (!credentialCodes.includes(last?.code ?? '')) {
      run.facts.warnings.push(`Whether Entra takes the app is not known (${said}). ${last?.remedy ?? ''}`.trim());
      return skip('could not look');
    }
    return known(run.facts, 'credential').credential === 'federated'
      ? blocked(
          `Entra refused the managed identity for ten minutes (${said}).`,
          'Run this command again later, or use a client secret: --credential secret. Nothing is changed without your consent.',
        )
      : blocked(
          `Entra refused the client secret for ten minutes (${said}).`,
          'Run this command again. If the problem persists, disable the secret in the vault: then a new one is made.',
        );
  },
};

/** What else the doctor says, once, for the person to read. It stops nothing. */
export const doctor: Step = {
  name: 'doctor',
  title: 'Doctor',
  async check(run) {
    const key = keyOf(run);
    if (run.whatIf || key === undefined) return skip();
    const broker = run.ports.broker(known(run.facts, 'outputs').publicUrl);
    const answer = await broker.call('GET', 'doctor', { key }).catch(() => undefined);
    const findings = readDoctor(answer?.body);
    if (findings === undefined) return skip('could not look');
    const bad = findings.filter(({ status }) => status === 'fail' || status === 'warn');
    for (const { sentence, remedy } of bad) {
      run.facts.warnings.push(`Doctor: ${[sentence, remedy ?? ''].join(' ').trim()}`);
    }
    return done(bad.length === 0 ? 'nothing is wrong' : `${bad.length} of ${findings.length} findings need attention`);
  },
};
