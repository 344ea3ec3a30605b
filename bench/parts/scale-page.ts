import { lifetimeMs, renewBeforeMs } from '../../src/lib/bells/plan.ts';
import { dayMs } from '../../src/lib/domain/duration.ts';
import { keepForMs, keepsAtOnce, looksAtOnce } from '../../src/lib/housekeeping/bells-chore.ts';
import { sendsAtOnce } from '../../src/lib/sync/run/send-many.ts';
import { assumptions, month } from './cost-model.ts';
import { scaleAssumptions } from './scale-assumptions.ts';
import type { Outcome, Spread } from './scale-model.ts';
import type { ScaleResults } from './scale-results.ts';
import { intervals, isEnough, monthOf, mostOfTick } from './scale-sizes.ts';

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const usd = (value: number): string => `$${whole(value)}`;
const percent = (value: number): string => `${Math.round(100 * value)} %`;
const seconds = ({ median, p95, most }: Spread): string =>
  `${median.toFixed(0)} s, ${p95.toFixed(0)} s, ${most.toFixed(0)} s`;

const keepForSeconds = keepForMs / 1000;
/** The rows of its mailboxes, and those of their subscriptions: src/lib/bells/due.ts. */
const looksPerShard = 2;
const renewalDays = Math.floor((lifetimeMs - renewBeforeMs + 60_000) / dayMs);

/** Shards beyond which there are no ids: src/lib/store/shard/directory.ts. */
const mostShards = 9_999;

function row(name: string, outcomes: readonly Outcome[], value: (one: Outcome, at: number) => string): string {
  return `| ${name} | ${outcomes.map(value).join(' | ')} |`;
}

/** docs/scale.md: made from what was counted and what the model made of it, and from nothing else. */
export function scalePage(results: ScaleResults): string {
  const { cost, store } = results.counted;
  const a = scaleAssumptions;
  const shardsOf = (mailboxes: number) => Math.ceil(mailboxes / store.mailboxes);
  const unitsPerShard = store.idle.units;
  const secondAccountFrom = (tickSeconds: number) =>
    Math.floor((a.accountUnitsPerSecond * tickSeconds) / unitsPerShard) * store.mailboxes;
  const most = sendsAtOnce(Number.POSITIVE_INFINITY, 1);
  const fullTimer = (tickSeconds: number) =>
    Math.floor(tickSeconds / (a.queueSeconds / most + a.tableSeconds / a.askedAtOnce)) * store.mailboxes;
  // Two folders of a mailbox are watched. The requests to the tables around them take a tenth of their time.
  const renewable = ((keepForSeconds * keepsAtOnce) / (2 * a.graphSeconds)) * ((renewalDays * 86_400) / 300);
  const [tick, longTick] = intervals;
  const ones = results.accounts.map(({ one }) => one);
  const twos = results.accounts.map(({ two }) => two);
  const needed = results.accounts.find(({ one }) => !isEnough(one, results.counted, a));
  const missing = ({ runsPerTick, mailboxes }: Outcome) => whole(Math.max(0, shardsOf(mailboxes) - runsPerTick));
  return [
    '# How far it scales',
    '',
    'Made by `npm run scale` (`bench/scale.ts`). Azure was not in reach: **what the engine asks for was counted, how long the answers take is modelled**.',
    '',
    `- **Counted**, on the engine itself: requests to the tables and their size (\`bench/parts/scale-counts.ts\`: real runs over tables in memory, each in a process that did not have the shard before); IMAP commands and processor time (\`npm run cost\`, against the storage emulator and a mail server).`,
    '- **Modelled**, as a simulation of events (`bench/parts/scale-model.ts`): the queue and how the host takes from it, instances with a quarter of a processor each, connects, the latency of every answer, and the limits of a partition and of a storage account. A request beyond a limit waits its turn; Azure would answer 503, and the engine would try again.',
    '',
    '## What comes of it',
    '',
    `An hour of an office: each mailbox gets ${a.messagesPerMailboxAndHour} messages, and a tick polls ${percent(a.polledShare)} of the mailboxes, as in [cost.md](cost.md). Instances of 512 MB: as few as poll 95 % of the shards in ${percent(mostOfTick)} of a tick, and leave none out. Times are those after the tick: median, 95 %, longest; a message has waited for its tick before.`,
    '',
    ...intervals.flatMap((tickSeconds) => sizeTable(results, tickSeconds)),
    `With more than some ten thousand mailboxes ticks of ${intervals[1]} s (\`POLL_INTERVAL\`) are the better choice: a third of the runs, and of what they cost.`,
    '',
    'The month has eight hours a day with mail and sixteen without, at the list prices of [cost.md](cost.md), the log included. The formula there takes the shards of a tick for a single run, which holds for a few of them; here every instance counts from its first run of a tick to its last.',
    '',
    '## When a second storage account is needed',
    '',
    `[Azure's limits](https://learn.microsoft.com/azure/storage/tables/scalability-targets): ${whole(a.accountUnitsPerSecond)} requests a second for an account, which assumes rows of 1 KiB, and ${whole(a.partitionUnitsPerSecond)} rows of 1 KiB a second for a partition. A run reads ${whole(unitsPerShard)} KiB in ${store.idle.transactions} requests, and Microsoft does not say how a large query counts. The model takes the careful reading, in which each KiB counts.`,
    '',
    `| Mailboxes | ${ones.map(({ mailboxes }) => whole(mailboxes)).join(' | ')} |`,
    `| --- | ${ones.map(() => '---:').join(' | ')} |`,
    row('One account: instances', ones, ({ instances }) => whole(instances)),
    row('One account: polled after', ones, ({ polled }) => seconds(polled)),
    row('One account: shards without their run in a tick', ones, missing),
    row('Two accounts: instances', twos, ({ instances }) => whole(instances)),
    row('Two accounts: polled after', twos, ({ polled }) => seconds(polled)),
    row('Two accounts: shards without their run in a tick', twos, missing),
    '',
    needed === undefined
      ? 'Of these sizes none needs a second account.'
      : `**With ticks of ${tick} s a second account is needed with ${whole(needed.one.mailboxes)} mailboxes**: on one, no number of instances polls 95 % of the shards in ${percent(mostOfTick)} of a tick.`,
    `Were the wake-ups spread evenly over the tick, the average alone would reach the limit at ${whole(secondAccountFrom(tick))} mailboxes with ticks of ${tick} s, and at ${whole(secondAccountFrom(longTick))} with ticks of ${longTick} s (${whole(unitsPerShard)} KiB a shard and tick).`,
    `Were the limit counted in requests, one account would do: ${whole(results.inRequests.mailboxes)} mailboxes ask for ${whole(results.inRequests.transactionsPerTick / a.tickSeconds)} a second on average, ${whole(results.inRequests.mostTransactions)} at most.`,
    '',
    '`broker deploy --separate-tables` gives the tables an account of their own, beside the one of queue and host; dividing the shards among several is not built. Until it is, a second deployment does the same.',
    '',
    '## One shard',
    '',
    `A partition is a shard of ${store.mailboxes} mailboxes. Its limit of ${whole(a.partitionUnitsPerSecond)} KiB a second bounds a burst in them:`,
    '',
    '| | Requests a message | KiB a message | The partition allows |',
    '| --- | ---: | ---: | ---: |',
    ...(['window', 'strict'] as const).map((order) => {
      const { transactions, units } = store.burst[order];
      return `| \`${order}\`, ${store.burst.messages} messages in one mailbox | ${transactions} | ${units} | ${whole(a.partitionUnitsPerSecond / units)} messages a second |`;
    }),
    `| one that comes alone | ${store.one.transactions} | ${store.one.units} | ${whole(a.partitionUnitsPerSecond / store.one.units)} messages a second |`,
    '',
    'The receiver answered at once here, so that a commit carries as many acknowledgements as the window allows; a slow one has more commits for each message.',
    '',
    '## What else has an end',
    '',
    '| What | Asks for | Comes to an end at |',
    '| --- | --- | --- |',
    `| Ids of shards | - | ${whole(mostShards * store.mailboxes)} mailboxes |`,
    `| The timer puts a message a shard into the queue: one after the other, or so many at a time, ${most} at most, that the last comes in the middle of the tick | 1 request a shard | ${whole(fullTimer(tick))} mailboxes with ticks of ${tick} s, ${whole(fullTimer(longTick))} with ${longTick} s: the tick is over before the last is in |`,
    `| The timer asks each shard for mail to send, ${a.askedAtOnce} at a time | ${store.dispatch.lanes.transactions / store.dispatch.shards} request a shard | counted in the row above |`,
    `| Housekeeping looks for overlooked shards every 5 minutes, 16 at a time | ${((store.overlooked.transactions - 1) / store.dispatch.shards).toFixed(0)} request a shard | ${whole((300 / a.tableSeconds) * 16 * store.mailboxes)} mailboxes |`,
    `| Subscriptions to notifications, where they are asked for: housekeeping looks at ${looksAtOnce} shards at a time, every hour | ${looksPerShard} requests a shard | ${whole((keepForSeconds / a.tableSeconds / looksPerShard) * looksAtOnce * store.mailboxes)} mailboxes: the ${keepForSeconds} s of this chore are over |`,
    `| It renews those of ${keepsAtOnce} mailboxes at a time, the soonest to expire first, for ${keepForSeconds} s in every 5 minutes while some are left; a mailbox is due every ${renewalDays} days | 2 requests to Graph a mailbox, one after the other | ${whole(renewable)} mailboxes |`,
    `| Connections of a process | ${a.warmSessions} kept (\`WARM_SESSIONS\`) | with several instances nearly every poll logs in anew: another instance had the shard before |`,
    '',
    '## What is assumed',
    '',
    '| | |',
    '| --- | ---: |',
    `| a table or queue operation in Azure | ${a.tableSeconds} s |`,
    `| an IMAP command, there and back | ${a.imapRoundTripSeconds} s |`,
    `| Graph renews a subscription | ${a.graphSeconds} s |`,
    `| the receiver takes a message | ${a.postSeconds} s |`,
    `| the host takes from the queue at once; more when so many or fewer are left | ${a.batchSize}, ${a.newBatchThreshold} |`,
    `| an instance without work looks into the queue | every ${a.lookSeconds} s at most |`,
    `| connects at once of a process; mailboxes of a shard that deliver at once | ${a.connectsAtOnce}, ${a.deliveringAtOnce} |`,
    `| processor of an instance of 512 MB | ${a.cores} |`,
    `| processor time of a poll: kept connection, new one; of a message | ${cost.idle.warmCpuMs} ms, ${cost.idle.coldCpuMs} ms; ${cost.message.cpuMs} ms |`,
    '',
    'Not modelled: how long Azure takes to add instances ([at most four at a time, one for each 16 messages in the queue](https://learn.microsoft.com/azure/azure-functions/functions-target-based-scaling)), throttling by Exchange and Entra, reading grants when a token ends, rows of destinations, mail that is sent, and bells. Numbers of instances are tried in steps, so that a smaller one may do.',
    '',
  ].join('\n');
}

/** The sizes with ticks of one length. */
function sizeTable(results: ScaleResults, tickSeconds: number): string[] {
  const { cost, store } = results.counted;
  const a = { ...scaleAssumptions, tickSeconds };
  const live = results.sizes.filter((size) => size.tickSeconds === tickSeconds);
  const busy = live.map((size) => size.busy);
  return [
    `### Ticks of ${tickSeconds} s${tickSeconds === scaleAssumptions.tickSeconds ? ' (the default of `POLL_INTERVAL`)' : ''}`,
    '',
    `| Mailboxes | ${busy.map(({ mailboxes }) => whole(mailboxes)).join(' | ')} |`,
    `| --- | ${busy.map(() => '---:').join(' | ')} |`,
    row('Shards', busy, ({ mailboxes }) => whole(Math.ceil(mailboxes / store.mailboxes))),
    row(
      'Instances',
      busy,
      (one) => `${whole(one.instances)}${isEnough(one, results.counted, a) ? '' : ' (no number is enough)'}`,
    ),
    row('Polled after', busy, ({ polled }) => seconds(polled)),
    row('Delivered after', busy, ({ delivered }) => seconds(delivered)),
    row('Messages a second', busy, ({ messages }) => whole(messages / tickSeconds)),
    row('Processors in use', busy, ({ processor }) => percent(processor)),
    row('Table requests a second: on average, most', busy, (one) => {
      return `${whole(one.transactionsPerTick / tickSeconds)}, ${whole(one.mostTransactions)}`;
    }),
    row('Rows of 1 KiB a second: on average, most', busy, (one) => {
      return `${whole(one.unitsPerTick / tickSeconds)}, ${whole(one.mostUnits)}`;
    }),
    `| **A month** | ${live.map((one) => `**${usd(monthOf(cost, one, a))}**`).join(' | ')} |`,
    row('By the formula of [cost.md](cost.md), without the log', busy, ({ mailboxes }) =>
      usd(month(mailboxes, cost, { ...assumptions, tickSeconds }).total),
    ),
    '',
  ];
}
