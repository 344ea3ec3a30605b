import type { DestinationDeliverer } from '../../delivery/deliverer.ts';
import { type DestinationView, viewOf } from '../../delivery/destination-view.ts';
import { utcMinute } from '../../domain/duration.ts';
import { BrokerError } from '../../errors.ts';
import type { DestinationRows } from '../../store/destinations/destinations.ts';
import { failure, ok } from './findings.ts';
import { eachBounded } from './run-checks.ts';
import type { Check, Finding, KeyAccess } from './types.ts';

const atOnce = 8;

/**
 * Each destination: whether it is held or paused, and, of a `collection`, whether NocoBase answers, takes the API key, and
 * has collections and a role that fit. Of the other types only an event could tell more, and the doctor sends none.
 */
export function destinationsCheck(deps: {
  readonly rows: Pick<DestinationRows, 'list' | 'open'>;
  readonly deliverer: Pick<DestinationDeliverer, 'examine'>;
}): Check {
  const { rows, deliverer } = deps;
  return {
    name: 'destinations',
    async run(report, signal, access) {
      const all = (await rows.list()).filter(({ config }) => access.destination(config.id));
      if (all.length === 0) report(none(access));
      await eachBounded(all, atOnce, signal, async ({ config, state }) => {
        const told = judge(viewOf(config, state));
        if (told !== undefined) return report(told);
        try {
          const open = await rows.open(config.id);
          const outcome = open === undefined ? undefined : await deliverer.examine(open, signal);
          if (outcome !== undefined && outcome.kind !== 'accepted') {
            throw new BrokerError(outcome.reason);
          }
          report(accepting(config.id, config.name, state.lastAccepted));
        } catch (error) {
          report(failure(error, config.id));
        }
      });
    },
  };
}

/** What is known without asking the destination; undefined where that is nothing. Pure. */
export function judge({ id, name, held, paused }: DestinationView): Finding | undefined {
  if (held !== undefined) return failure(new BrokerError(held.code), id);
  if (!paused) return undefined;
  return {
    status: 'warn',
    subject: id,
    sentence: { en: `“${name}” is paused: its mail waits.`, zh: `“${name}”已暂停：邮件正在等待。` },
    remedy: {
      en: `Resume it: npm run broker -- destinations resume ${id}.`,
      zh: `恢复：npm run broker -- destinations resume ${id}。`,
    },
    who: 'deployment owner',
  };
}

function accepting(id: string, name: string, lastAccepted: Date | undefined): Finding {
  const at = lastAccepted && utcMinute(lastAccepted);
  return at === undefined
    ? ok({ en: `“${name}” is ready; nothing has been sent to it yet.`, zh: `“${name}”已就绪，尚未发送任何内容。` }, id)
    : ok({ en: `“${name}” last accepted an event at ${at} UTC.`, zh: `“${name}”最近一次接收事件：${at}（UTC）。` }, id);
}

const none = ({ isLimited }: KeyAccess): Finding =>
  isLimited
    ? ok({ en: 'This key has access to no destination.', zh: '此密钥无权访问任何目标。' })
    : {
        status: 'warn',
        sentence: { en: 'There is no destination yet, so mail has nowhere to go.', zh: '尚无目标，邮件无处投递。' },
        remedy: {
          en: 'Create one: docs/builder.md, section 2.',
          zh: '请创建一个：见 docs/builder.md 第 2 节。',
        },
        who: 'caller',
      };
