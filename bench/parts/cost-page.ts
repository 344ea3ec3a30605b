import { type Assumptions, assumptions, type Month, month, prices } from './cost-model.ts';
import { type CostOptions, priceOf } from './cost-options.ts';
import type { Counts } from './count.ts';
import type { Office, Waits } from './office.ts';

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const usd = (value: number): string => `$${value.toFixed(2)}`;

const sizes = [5, 30, 100, 1000];

function row(name: string, months: readonly Month[], value: (one: Month) => string): string {
  return `| ${name} | ${months.map(value).join(' | ')} |`;
}

function table(counts: Counts, given: Assumptions): string[] {
  const months = sizes.map((size) => month(size, counts, given));
  return [
    `| Mailboxes | ${sizes.map((size) => whole(size)).join(' | ')} |`,
    `| --- | ${sizes.map(() => '---:').join(' | ')} |`,
    row('Polls', months, ({ polls }) => whole(polls)),
    row('Executions', months, ({ executions }) => whole(executions)),
    row('GB-seconds', months, ({ gbSeconds }) => whole(gbSeconds)),
    row('Table operations', months, ({ tableOperations }) => whole(tableOperations)),
    row('Queue operations', months, ({ queueOperations }) => whole(queueOperations)),
    row('Key Vault reads', months, ({ vaultReads }) => whole(vaultReads)),
    row('Log, GB', months, ({ logGb }) => logGb.toFixed(2)),
    row('Functions', months, ({ compute }) => usd(compute)),
    row('Storage and Key Vault', months, ({ storage }) => usd(storage)),
    row('**A month**', months, ({ total }) => `**${usd(total)}**`),
    row('A mailbox', months, ({ total, mailboxes }) => usd(total / mailboxes)),
  ];
}

const plain: Omit<CostOptions, 'mailboxes'> = { memoryMb: 512, network: 'none', separateTables: false, logRules: 0 };
const choices: readonly (readonly [string, Partial<CostOptions>])[] = [
  ['as it comes', {}],
  ['with two alert rules', { logRules: 2 }],
  ['with 2,048 MB', { memoryMb: 2048 }],
  ['with a static outgoing address (`nat`)', { network: 'nat' }],
  ['with private endpoints (`private`)', { network: 'private' }],
];

/** What each option of the deployment comes to, the log within its grant. */
function optionsTable(counts: Counts): string[] {
  const total = (chosen: Partial<CostOptions>, mailboxes: number) =>
    usd(priceOf({ ...plain, ...chosen, mailboxes }, counts).total);
  const ungranted = (mailboxes: number) => usd(priceOf({ ...plain, mailboxes }, counts).logWithoutGrant.usd);
  return [
    `| Mailboxes | ${sizes.map((size) => whole(size)).join(' | ')} |`,
    `| --- | ${sizes.map(() => '---:').join(' | ')} |`,
    ...choices.map(([name, chosen]) => `| ${name} | ${sizes.map((size) => total(chosen, size)).join(' | ')} |`),
    `| the log alone, where another app has used up the 5 GB | ${sizes.map(ungranted).join(' | ')} |`,
  ];
}

/** What shorter and longer intervals come to. */
function intervals(counts: Counts): string[] {
  const total = (tickSeconds: number, size: number) => usd(month(size, counts, { ...assumptions, tickSeconds }).total);
  const all = [10, 15, 20, 30, 60];
  const amounts = [20, ...sizes.slice(1)];
  return [
    '## The interval',
    '',
    `A month in all with another \`POLL_INTERVAL\`. Up to ${assumptions.mailboxesPerShard} mailboxes cost little, because the timer looks into all of them in one execution; with more, ask yourself whether seconds are worth it.`,
    '',
    `| Mailboxes | ${amounts.map(whole).join(' | ')} |`,
    `| --- | ${amounts.map(() => '---:').join(' | ')} |`,
    ...all.map(
      (seconds) =>
        `| every ${seconds} s${seconds === assumptions.tickSeconds ? ' (default)' : ''} | ${amounts.map((size) => total(seconds, size)).join(' | ')} |`,
    ),
    '',
  ];
}

/** What it costs to find a notification in the queue sooner. */
function looks(): string[] {
  const monthSeconds = assumptions.daysPerMonth * 86_400;
  const now = 60 / assumptions.queueLooksPerMinute;
  return [
    '## A shorter look into the queue',
    '',
    'Where [mail is announced](admin.md#mail-within-seconds), its notification waits in the queue for the next look of the host: `maxPollingInterval` in `host.json` at most, half of it on average. The looks of one instance that is awake day and night; each further one looks as often.',
    '',
    '| `maxPollingInterval` | A notification waits on average | Looks a month | A month |',
    '| ---: | ---: | ---: | ---: |',
    ...[0.5, 1, 2, 5, 10, 60].map((seconds) => {
      const operations = monthSeconds / seconds;
      const name = `${seconds} s${seconds === now ? ' (as deployed)' : ''}`;
      return `| ${name} | ${seconds / 2} s | ${whole(operations)} | ${usd((operations * prices.queuePer10k) / 10_000)} |`;
    }),
    '',
  ];
}

/** How long the mail of an office waits, by the simulator. */
function waits(offices: readonly Office[]): string[] {
  const line = (name: string, value: (one: Office) => Waits) =>
    offices.map((office) => {
      const { messages, median, p90, p95, longest } = value(office);
      return `| every ${office.intervalSeconds} s | ${name} | ${whole(messages)} | ${median} s | ${p90} s | ${p95} s | ${longest} s |`;
    });
  return [
    '## How long mail waits',
    '',
    `Two weeks of an office on the clock of the simulator (\`npm run rhythm\`): the broker's engine, the timer that runs the only shard, ${offices[0]?.mailboxes} mailboxes with 5 to 100 messages a working day, most of it from 8 to 18 h, and a tenth at weekends. From the arrival of a mail until it is accepted; without cold starts, and with mail servers, tables and receivers that answer within fractions of a second.`,
    '',
    '| Interval | Mail | Messages | Median | 90 % | 95 % | Longest |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...line('of the first two days, before there is a habit', ({ before }) => before),
    ...line('of the second week', ({ after }) => after),
    ...line('of it, on working days from 8 to 18 h', ({ inHours }) => inHours),
    ...line('of it, at other times', ({ offHours }) => offHours),
    '',
    `In a tick of the second week ${offices.map(({ intervalSeconds, shareOfPolls }) => `${Math.round(shareOfPolls * 100)} % of the mailboxes were polled (every ${intervalSeconds} s)`).join(', ')}.`,
    'Ticks that begin while the timer is still at work are skipped: a run with much to deliver gives itself 45 seconds. What was due is polled by its continuation.',
    '',
  ];
}

/** docs/cost.md: made from what was counted, the assumptions and the prices, and from nothing else. */
export function costPage(counts: Counts, offices: readonly Office[]): string {
  const { idle, start, message, housekeeping, token } = counts;
  const a = assumptions;
  return [
    '# What it costs',
    '',
    'Made by `npm run cost`, which counts what a real run asks of the storage emulator, the vault and a mail server, and puts the counts into the formula below.',
    'The prices are list prices. Check them for your region before you rely on a figure. The log is in a line of its own: its first 5 GB a month are free for each billing account.',
    '',
    '## A month',
    '',
    `The broker looks every ${a.tickSeconds} seconds (\`POLL_INTERVAL\`), each time into ${a.polledShare * 100} % of the mailboxes: all that have had mail within the hour or usually get it now, and the others once in a while. Each gets ${a.messagesPerMailboxAndDay} messages a day.`,
    '',
    ...table(counts, a),
    '',
    '## With the options of the deployment',
    '',
    'A month in all, the log within its free grant. The deploy command prints these lines for what you choose before it makes anything.',
    '',
    ...optionsTable(counts),
    '',
    ...intervals(counts),
    ...waits(offices),
    ...looks(),
    '## What was counted',
    '',
    '| | |',
    '| --- | ---: |',
    `| Idle run over ${idle.mailboxes} mailboxes with ${idle.folders} folders each: table operations | ${idle.shardTableOperations} |`,
    `| The same: rows that it changes | ${idle.rowsChanged} |`,
    `| The same: reads of Key Vault | ${idle.vaultReads} |`,
    `| The same: requests for a token | ${idle.tokenRequests} |`,
    `| The same: lines of the log, their bytes | ${idle.logLines}, ${idle.logBytes} |`,
    `| IMAP commands for each mailbox, on a connection that was kept | ${idle.warmCommands} |`,
    `| IMAP commands for each mailbox, on a new connection | ${idle.coldCommands} |`,
    `| Processor time for each mailbox, kept and new connection | ${idle.warmCpuMs} ms, ${idle.coldCpuMs} ms |`,
    `| The timer that makes the hints: table operations | ${idle.dispatchTableOperations} |`,
    `| First run of a process: reads of Key Vault; requests for a token | ${start.vaultReads}; ${start.tokenRequests} |`,
    `| A message that comes alone: further table operations | ${message.tableOperations} |`,
    `| A message of a burst: table operations | ${message.tableOperationsInBurst} |`,
    `| A message that comes alone: further IMAP commands | ${message.commands} |`,
    `| A message of a burst, with HTML: processor time | ${message.cpuMs} ms |`,
    `| A run of the housekeeping timer, averaged over a day: table operations; reads of Key Vault | ${housekeeping.tableOperations}; ${housekeeping.vaultReads} |`,
    `| An access token that is in memory, over HTTP: table operations; right after another one | ${token.tableOperations}; ${token.tableOperationsInARow} |`,
    '',
    'Not counted above: the timer also asks which accounts have mail to send, one query a shard: 43,200 operations a month and shard, or $0.002 by the list price.',
    '',
    '## The formula',
    '',
    '```text',
    `ticks       = ${a.daysPerMonth} days x 86,400 s / ${a.tickSeconds} s`,
    `shards      = mailboxes / ${a.mailboxesPerShard}, rounded up`,
    `due         = mailboxes x ${a.polledShare}                                          mailboxes polled in a tick`,
    'queued      = shards, or 0 if there is only one: the timer runs it itself',
    `run         = the longest of ${a.leastSeconds} s, the table operations and the log-in of one mailbox one after the other,`,
    '              and due x processor time / cores                         mailboxes wait for their servers side by side',
    `message     = IMAP commands x ${a.imapRoundTripSeconds} s + ${a.postSeconds} s for NocoBase + table operations x ${a.tableSeconds} s + processor time / cores`,
    `GB-seconds  = ${a.instanceGb} GB x (ticks x ${a.leastSeconds} s, if queued, + ticks x run + messages x message + (housekeeping runs + tokens) x ${a.leastSeconds} s)`,
    'executions  = ticks x (1 + queued) + housekeeping runs + tokens',
    'table       = ticks x (timer + shards x idle run) + messages x a message + housekeeping runs x shards x a run + tokens x a token',
    `              + token refreshes x ${a.refreshTableOperations}`,
    `queue       = ticks x queued x 3 + ${a.queueLooksPerMinute} looks of the host a minute`,
    `vault       = ticks x shards x idle run + housekeeping runs x a run + new processes x first run + ${a.vaultReadsPerHour} an hour at most`,
    `log         = (executions x ${a.logRecordsPerExecution} + ticks x (${a.logRecordsPerTick} + shards x ${a.logRecordsPerRun}) + token refreshes x ${a.logRecordsPerRefresh}) x ${whole(a.logRecordBytes)} bytes`,
    `cost        = (GB-seconds - ${whole(prices.freeGbSeconds)} free) x $${prices.gbSecond}`,
    `            + (executions - ${whole(prices.freeExecutions)} free) x $${prices.executionsPerMillion} / million`,
    `            + table x $${prices.tablePer10k} / 10,000 + queue x $${prices.queuePer10k} / 10,000 + vault x $${prices.vaultPer10k} / 10,000`,
    `            + (log - ${prices.freeLogGb} GB free) x $${prices.logGb}                              only in the table of the options`,
    '```',
    '',
    ...assumed(a),
    'Not counted: the search for the first mail of a conversation, where the headers of an answer do not name it. It is one `SEARCH` and at most one `FETCH` on the connection that is open, asks storage for nothing, and is remembered; a mailbox in which it takes more than 2 seconds is not searched again for an hour. At the prices above, 0.2 s for each of 1,000 mailboxes x 40 messages a day would be some 120,000 GB-seconds, $3 a month.',
    'Not counted either: [notifications of new mail](admin.md#mail-within-seconds), where they are asked for. By the formula each is two executions of a second at least (`bell` and `work`), three queue operations and the three table operations of a run: for 1,000 mailboxes x 40 messages a day 2.4 million executions and 1,200,000 GB-seconds, $34 a month, of which rarer polls save a part; for 20 mailboxes 24,000 GB-seconds, which lie within the free grant.',
    'Processor times were measured on a development machine beside other work. Messages are counted as if none came while another is delivered, which makes them dearer than they are.',
    '',
    ...listPrices(),
    "Pay as you go, USD, East US. The pages were not in reach of the machine that this was written on: the prices are those known in October 2026, and where somebody else's page was seen to say the same, it is named. The free grant of Functions is one for each subscription. All of it stands at the top of `bench/parts/cost-model.ts`.",
    '',
  ].join('\n');
}

/** What no run on one machine can tell, each with what it rests on. */
function assumed(a: Assumptions): string[] {
  const guess = 'a guess of ours, October 2026';
  const rows: readonly (readonly [string, string, string])[] = [
    ['polls that find their connection still open', `${a.warmShare * 100} %`, guess],
    ['new processes a day', String(a.startsPerDay), guess],
    ['tokens given out for each mailbox and day', String(a.tokensPerMailboxAndDay), guess],
    [
      'refreshes of a token for each mailbox and day',
      String(a.tokenRefreshesPerMailboxAndDay),
      'an access token lasts an hour or more: the most there can be',
    ],
    ['an IMAP command, there and back', `${a.imapRoundTripSeconds} s`, guess],
    ['a table operation in Azure', `${a.tableSeconds} s`, guess],
    ['NocoBase takes a message', `${a.postSeconds} s`, guess],
    [
      'looks of the host into the queue',
      `${a.queueLooksPerMinute} a minute`,
      'one in two seconds, as `host.json` has it (`maxPollingInterval`), day and night',
    ],
    [
      'a record of the log, as it is billed',
      `${whole(a.logRecordBytes)} bytes`,
      'a line of ours was measured (above, a third of it at most); what Azure adds to it is a guess. Microsoft bills [the text of the columns](https://learn.microsoft.com/azure/azure-monitor/logs/cost-logs#data-size-calculation), often less than what is sent. After the first day: look at `_BilledSize` of the table `AppTraces`',
    ],
    [
      'an instance of 512 MB has of a processor',
      String(a.cores),
      '[Flex Consumption plan](https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan), October 2026',
    ],
  ];
  return [
    '## What is assumed',
    '',
    '| | | From |',
    '| --- | ---: | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ];
}

function listPrices(): string[] {
  const none = 'not confirmed';
  const page = (name: string, path: string) => `[${name}](https://azure.microsoft.com/pricing/details/${path}/)`;
  const rows: readonly (readonly [string, string, string])[] = [
    [
      page('Functions', 'functions'),
      `$${prices.gbSecond} a GB-second, $${prices.executionsPerMillion} a million executions`,
      none,
    ],
    [page('Tables', 'storage/tables'), `$${prices.tablePer10k} for 10,000`, none],
    [page('Queues', 'storage/queues'), `$${prices.queuePer10k} for 10,000`, none],
    [page('Key Vault', 'key-vault'), `$${prices.vaultPer10k} for 10,000`, none],
    [
      page('Log', 'monitor'),
      `$${prices.logGb} a GB, ${prices.freeLogGb} GB free`,
      '[monitoringcost.com](https://monitoringcost.com/azure-monitor-cost), 2026',
    ],
    [page('Log-search rule, every 15 minutes', 'monitor'), `$${prices.logRuleMonth} a month`, none],
    [page('NAT gateway', 'azure-nat-gateway'), `$${prices.natMonth} a month, before the traffic`, none],
    [page('Static address', 'ip-addresses'), `$${prices.addressMonth} a month`, none],
    [
      page('Private endpoint', 'private-link'),
      `$${prices.endpointMonth} a month, before the traffic`,
      '[gigxp.com](https://gigxp.com/?p=7107), August 2025',
    ],
    [
      page('Private DNS zone', 'dns'),
      `$${prices.zoneMonth} a month`,
      '[gigxp.com](https://gigxp.com/?p=7107), August 2025',
    ],
  ];
  return [
    '## List prices',
    '',
    '| | | Seen elsewhere |',
    '| --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ];
}
