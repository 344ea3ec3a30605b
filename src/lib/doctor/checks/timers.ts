import type { Clock } from '../../domain/clock.ts';
import { utcMinute } from '../../domain/duration.ts';
import { shardKey } from '../../domain/ids.ts';
import { housekeepingName, type LastRuns } from '../../store/deployment/last-runs.ts';
import { shardRowKey } from '../../store/rows/keys.ts';
import { decodeShard } from '../../store/rows/shard-row.ts';
import type { Directory } from '../../store/shard/directory.ts';
import type { Store } from '../../store/table/table.ts';
import { ok } from './findings.ts';
import type { Check, Finding } from './types.ts';

/** Housekeeping runs every five minutes; two runs may fail, or be late, before it is reported. */
const mostHousekeepingMs = 15 * 60_000;

/** Ticks that a shard may be without a run, and not less than this long: housekeeping, which takes it up, comes every five minutes. */
const mostTicks = 5;
const leastSeconds = 300;

/** Both timers run, by the rows that they leave: housekeeping notes its end, and each run of a shard its tick. */
export function timersCheck(deps: {
  readonly store: Store;
  readonly directory: Pick<Directory, 'shards'>;
  readonly lastRuns: Pick<LastRuns, 'read'>;
  readonly clock: Clock;
  readonly intervalSeconds: number;
}): Check {
  const { store, directory, lastRuns, clock, intervalSeconds } = deps;
  return {
    name: 'timers',
    async run(report) {
      const [runs, shards] = await Promise.all([lastRuns.read(), directory.shards()]);
      report(judgeHousekeeping(runs.get(housekeepingName), clock.now()));
      const used = shards.filter(({ slots }) => slots.length > 0);
      const rows = await Promise.all(used.map(({ shard }) => store.table('mail').get(shardKey(shard), shardRowKey)));
      const ages = rows.flatMap((row) => {
        if (row === undefined) return [];
        const { tick, intervalSeconds: seconds } = decodeShard(row);
        // A group that was just made has no tick yet.
        return [tick === 0 ? undefined : clock.now() / 1000 - tick * seconds];
      });
      report(judgePolling(ages, intervalSeconds));
    },
  };
}

/** Pure. */
export function judgeHousekeeping(last: Date | undefined, now: number): Finding {
  const subject = 'housekeeping';
  if (last !== undefined && now - last.getTime() <= mostHousekeepingMs) {
    return ok({ en: 'The housekeeping timer runs.', zh: '维护定时器运行正常。' }, subject);
  }
  const since = last && utcMinute(last);
  return {
    status: last === undefined ? 'warn' : 'fail',
    subject,
    sentence:
      since === undefined
        ? { en: 'Housekeeping has not run yet.', zh: '维护任务尚未运行过。' }
        : {
            en: `Housekeeping last ran at ${since} UTC, though it is due every five minutes.`,
            zh: `维护任务最近一次运行于 ${since}（UTC），而它应每五分钟运行一次。`,
          },
    remedy: {
      en: 'This is normal within five minutes of a deployment. Otherwise check that the functions are listed in the portal and that the identity has the role Storage Blob Data Owner: the host keeps its timer locks in blobs.',
      zh: '部署后五分钟内属正常现象。否则请在门户中检查函数是否列出，以及标识是否拥有“存储 Blob 数据所有者”角色：主机的定时器锁保存在 Blob 中。',
    },
    who: 'deployment owner',
  };
}

/** Pure. @param ages of the last run of each shard, in seconds; undefined of one that was never polled */
export function judgePolling(ages: readonly (number | undefined)[], intervalSeconds: number): Finding {
  const subject = 'dispatch';
  const late = ages
    .filter((age) => age !== undefined && age > Math.max(mostTicks * intervalSeconds, leastSeconds))
    .map(Number);
  const never = ages.filter((age) => age === undefined).length;
  if (ages.length === 0) return ok({ en: 'No mailbox is connected yet.', zh: '尚未连接任何邮箱。' }, subject);
  if (late.length === 0 && never > 0) return notYet(never, ages.length);
  if (late.length === 0) return ok({ en: 'All mailboxes are polled on time.', zh: '所有邮箱均按时轮询。' }, subject);
  const minutes = Math.round(Math.max(...late) / 60);
  return {
    status: 'fail',
    subject,
    sentence: {
      en: `${late.length} of ${ages.length} groups of mailboxes have not been polled for up to ${minutes} minutes.`,
      zh: `${ages.length} 组邮箱中有 ${late.length} 组最长已 ${minutes} 分钟未轮询。`,
    },
    remedy: whyNotPolled,
    who: 'deployment owner',
  };
}

const whyNotPolled = {
  en: 'Check whether the function dispatch runs (Monitor in the portal), and see the queue and tables checks. Nothing is lost: mail waits in its mailbox.',
  zh: '请在门户的“监视”中检查 dispatch 函数是否运行，并查看队列和数据表的检查结果。在此期间邮件不会丢失，会留在邮箱中。',
};

const notYet = (never: number, all: number): Finding => ({
  status: 'warn',
  subject: 'dispatch',
  sentence: {
    en: `${never} of ${all} groups of mailboxes have not been polled yet.`,
    zh: `${all} 组邮箱中有 ${never} 组尚未轮询过。`,
  },
  remedy: {
    en: `This is normal within minutes of connecting the first mailbox. Otherwise: ${whyNotPolled.en}`,
    zh: `连接首个邮箱后的几分钟内属正常现象。否则：${whyNotPolled.zh}`,
  },
  who: 'deployment owner',
});
