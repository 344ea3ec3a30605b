import type { Clock } from '../../domain/clock.ts';
import type { Store } from '../../store/table/table.ts';
import { ok } from './findings.ts';
import type { Check } from './types.ts';

/** Entra refuses assertions from a clock that is five minutes off; signatures of events are dated by it, too. */
const mostMs = 60_000;

/** The clock of this instance against that of Table Storage. */
export function clockCheck(deps: { readonly clock: Clock; readonly store: Store }): Check {
  return {
    name: 'clock',
    async run(report) {
      // Its answer brings the service's time.
      await deps.store.table('destinations').get('doctor', 'none');
      const offMs = deps.clock.now() - deps.store.time.whenJudging();
      const seconds = Math.round(offMs / 1000);
      if (Math.abs(offMs) <= mostMs) {
        report(ok({ en: 'The clock agrees with that of Azure Storage.', zh: '时钟与 Azure 存储一致。' }));
        return;
      }
      report({
        status: 'fail',
        sentence: {
          en: `This instance's clock is ${Math.abs(seconds)} seconds ${seconds > 0 ? 'fast' : 'slow'}.`,
          zh: `此实例的时钟${seconds > 0 ? '快' : '慢'}了 ${Math.abs(seconds)} 秒。`,
        },
        remedy: {
          en: "Set the machine's clock. In Azure, restart the Function App; if that does not help, contact Microsoft support.",
          zh: '请校准机器时钟。在 Azure 中请重启函数应用；如果无效，请联系 Microsoft。',
        },
        who: 'deployment owner',
      });
    },
  };
}
