import { readDoctor } from '../../api/doctor.ts';
import { known } from '../../deploy/facts.ts';
import { waitUntil } from '../../deploy/run.ts';
import { blocked, done, type Step } from '../../deploy/step.ts';
import { credentialCheck } from '../../deploy/steps/reach.ts';

// An instance reads the secret every five minutes, and one that Entra refused at once (src/lib/vault/reader.ts).
const cachesMs = 10 * 60_000;

/** Waits until no instance of the app uses the old secret any more. */
export const cachesPassed: Step = {
  name: 'caches',
  title: 'Every instance of the app has the new secret',
  async check(run) {
    if (run.whatIf) return done();
    const { clock } = run.ports;
    const safeAt = known(run.facts, 'newestVersion').createdAt + cachesMs;
    const until = `${new Date(safeAt).toISOString().slice(11, 16)} UTC`;
    const saying = `Waiting until ${until}; both secrets are valid meanwhile; you may interrupt this and run it again`;
    // Never longer than the caches live, regardless of this machine's clock.
    await waitUntil(run, { forMs: cachesMs, everyMs: 15_000, saying }, async () =>
      clock.now() >= safeAt ? true : undefined,
    );
    return done();
  },
};

const acceptWait = { forMs: 10 * 60_000, everyMs: 15_000, saying: 'Waiting until Entra takes the new secret' };

/** The app itself says that Entra takes what it now proves itself with. Before that the old secret is not touched. */
export const newSecretAccepted: Step = {
  name: 'new-secret-accepted',
  title: 'Entra accepts the app with the new secret',
  async check(run) {
    if (run.whatIf) return done();
    const key = known(run.facts, 'adminKey');
    const broker = run.ports.broker(known(run.facts, 'outputs').publicUrl);
    let said = 'the doctor does not answer';
    const accepted = await waitUntil(run, acceptWait, async () => {
      const answer = await broker.call('GET', 'doctor', { key }).catch(() => undefined);
      const found = readDoctor(answer?.body)?.find(({ check }) => check === credentialCheck);
      if (found === undefined) return undefined;
      said = `${found.code ?? found.status}: ${found.sentence}`;
      return found.status === 'ok' ? 'ok' : found.status === 'unknown' ? 'unknown' : undefined;
    });
    if (accepted === 'ok') return done();
    if (accepted === 'unknown') {
      return blocked(
        `Whether Entra takes the new secret cannot be tried (${said}).`,
        'Both secrets are valid. When mailboxes get new tokens (token.renewed in the log), remove the older one by hand: docs/admin.md, "Rotate the client secret".',
      );
    }
    return blocked(
      `Entra does not take the new secret (${said}).`,
      'The old one is still valid and stays. Run this command again; if the problem persists, disable the newest version of the secret in the vault.',
    );
  },
};
