import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../../local/demo/chromium.ts';
import { findDovecot } from '../../local/mail/dovecot.ts';

/** Programs of the system that some suites need; npm does not bring them. */
export type Requirement = 'dovecot' | 'dovecot-submission' | 'chromium' | 'curl' | 'promtool';

export const dovecotAvailable: boolean = (await findDovecot()) !== undefined;

function isOnPath(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    // Its exit code says that there is none.
    return false;
  }
}

const missing: Record<Requirement, string | undefined> = {
  dovecot: dovecotAvailable ? undefined : 'Dovecot is not installed: apt-get install dovecot-imapd',
  'dovecot-submission': existsSync('/usr/lib/dovecot/submission')
    ? undefined
    : 'Dovecot takes no mail to send: apt-get install dovecot-submissiond',
  chromium: chromiumPath === undefined ? 'no Chromium is installed: apt-get install chromium' : undefined,
  curl: isOnPath('curl') ? undefined : 'curl is not installed: apt-get install curl',
  promtool: isOnPath('promtool') ? undefined : 'promtool is not installed: apt-get install prometheus',
};

/**
 * A suite that needs a program of the system. Where it is missing the suite is skipped and says what is missing; with
 * REQUIRE_ALL_SUITES=1, as on the build machine, it fails instead.
 */
export function describeNeeding(needs: Requirement | readonly Requirement[], name: string, body: () => void): void {
  const absent = [needs].flat().flatMap((need) => missing[need] ?? []);
  if (absent.length === 0) {
    describe(name, body);
  } else if (process.env.REQUIRE_ALL_SUITES === '1') {
    describe(name, () => {
      it('has what it needs', () => expect(absent).toEqual([]));
    });
  } else {
    describe.skip(`${name} [skipped: ${absent.join('; ')}]`, body);
  }
}
