import { type Dice, dice } from './dice.ts';

/**
 * Everything that can go wrong or be done to a world, and how likely it is at each opportunity: in a world where it is
 * rare, and in one where it is common; some worlds have hardly anything else. Each world has some of them only: two faults that hide each other are met apart,
 * too ("swarm testing", Groce et al., 2012).
 */
export const likelihoods = {
  // Processes, at each moment at which one of them would continue.
  kill: [0.001, 0.005],
  stall: [0.0005, 0.003],
  /** The platform takes an instance away: it may settle for 5 s. At each look of the weather. */
  terminate: [0.02, 0.1],

  /** Nothing happens anywhere for hours, not even a tick. At each look of the weather. */
  night: [0.001, 0.005],

  // Table Storage, at each request.
  requestLost: [0.005, 0.03],
  answerLost: [0.005, 0.03],
  requestSlow: [0.01, 0.05],
  /** At each look of the weather. */
  storeOutage: [0.02, 0.08],
  rowRefused: [0.02, 0.08],

  // The queue and its timer, at each message or tick.
  wakeUpLost: [0.05, 0.3],
  wakeUpTwice: [0.1, 0.6],
  /** Of those that come twice: at the very same moment. */
  wakeUpTwin: [0.2, 0.6],
  wakeUpLate: [0.05, 0.3],
  tickSkipped: [0.05, 0.2],

  // Mail servers, at each command, or for lag at each arrival.
  imapCut: [0.003, 0.02],
  imapSlow: [0.003, 0.02],
  imapRefusal: [0.01, 0.08],
  searchLag: [0.05, 0.3],
  fetchLag: [0.05, 0.3],
  /** At each act of a person. */
  renumber: [0.006, 0.03],
  folderGone: [0.005, 0.02],

  // Receivers, at each POST, or at each look of the weather.
  postLost: [0.01, 0.05],
  acceptanceUnheard: [0.01, 0.08],
  postSlow: [0.02, 0.1],
  receiverDown: [0.05, 0.15],
  /** Answers that speak against the message (400, 422, 500 and so on). */
  refusal: [0.01, 0.06],
  /** One message is refused for as long as the faults last. At each arrival. */
  badMessage: [0.04, 0.2],

  // Sign-in.
  tokenTrouble: [0.01, 0.05],
  grantDead: [0.01, 0.04],

  // What people do with their mail: the share of all acts.
  move: [0.1, 0.4],
  moveBack: [0.05, 0.2],
  copy: [0.05, 0.2],
  remove: [0.05, 0.2],
  /** Read, flagged, answered, or the contrary. */
  mark: [0.2, 0.5],
  toSelf: [0.05, 0.2],
  withoutId: [0.1, 0.5],
  burst: [0.02, 0.08],
  /** Mail is touched within seconds of its arrival. At each arrival. */
  haste: [0.05, 0.3],

  // What is asked of the API, at each look of the administrator.
  pause: [0.05, 0.3],
  sync: [0.1, 0.4],
  erase: [0.05, 0.2],
  reconnect: [0.05, 0.3],
  connectTwice: [0.2, 0.8],
  replay: [0.05, 0.3],

  // What came to this list later: at its end, so that the draws of those above stay what they were.
  /** A message in the retry queue, or a dead one, is moved. At each act of a person. */
  shuffle: [0.1, 0.3],
  /** Hours go by, and no one writes or touches anything for a while. At each look of the weather. */
  lull: [0.01, 0.04],
  /** A message that is refused permanently: until the faults stop. At each arrival. */
  choke: [0.04, 0.15],
  /** The acceptance of a message is not heard, and its owner touches it just then. At each POST of a message. */
  meddle: [0.02, 0.1],
  /** An event that is no mail is refused for minutes, while others are taken. At each such event. */
  eventRefusal: [0.05, 0.2],
  /** Another filter is set, or none. At each look of the administrator. */
  filter: [0.05, 0.25],
  /** When all the others have stopped, a receiver hangs on one last message. Once. */
  lone: [0.3, 0.8],
  /** A person who has to sign in again finds out without an event. At each such need. */
  notice: [0.3, 0.7],
  /** A sender repeats what an earlier mail said of itself: its Message-ID, or all that senders say. At each arrival. */
  repeat: [0.1, 0.5],
  /** The same just after that earlier mail was delivered, which goes away meanwhile or does not. At each acceptance. */
  imitate: [0.05, 0.2],
  /** Mail that comes without having passed a server. At each arrival. */
  imported: [0.05, 0.3],
  /** The server gives none of the headers, for a while or for as long as the faults last. At each arrival or move. */
  headerless: [0.02, 0.2],
  /** A bell rings for mail. At each arrival; in a world without it no bells count. */
  bell: [0.4, 0.95],
  /** Of those that ring: twice, or only after minutes. */
  bellTwice: [0.05, 0.3],
  bellLate: [0.05, 0.3],
  /** A useless bell: before there is any mail, or for a mailbox that does not exist. At each look of the weather. */
  bellForged: [0.05, 0.5],

  // Mail out, in the worlds that have it.
  // The server for outgoing mail, at each sign-in or message.
  smtpLogin: [0.02, 0.1],
  smtpDeferred: [0.02, 0.15],
  /** The connection ends before the final dot. */
  smtpCut: [0.02, 0.15],
  /** After it: the server may have taken the message. */
  smtpLost: [0.05, 0.4],
  /** Of all recipients, or of one among several. */
  smtpRefusal: [0.03, 0.15],
  /** Of each message that was taken. */
  copyNever: [0.05, 0.4],
  copyLate: [0.1, 0.5],
  bounce: [0.1, 0.5],
  // Who sends, at each message.
  sendCancel: [0.3, 0.8],
  sendAgain: [0.1, 0.4],
  /** At each message with an unknown outcome. */
  sendDecide: [0.3, 0.9],

  // Graph, in the worlds in which mail goes out that way, too.
  // At each request.
  graphDown: [0.02, 0.08],
  /** 429, or 503 with a time. */
  graphThrottled: [0.02, 0.1],
  /** 401, though the token is good. */
  graphToken: [0.01, 0.04],
  /** 500, 502 or 504; what was asked for is done, or not. */
  graphFails: [0.04, 0.2],
  /** No answer: what was asked for is done now, later or never. */
  graphLost: [0.06, 0.25],
  /** 200 in place of 202: the message leaves, or is lost. At each request that sends. */
  graphOdd: [0.05, 0.25],
  /** 400 or 403. At each request that sends, or makes a draft. */
  graphRefusal: [0.02, 0.08],
  // At each look of the weather.
  /** A person's consent for Graph is gone. */
  consentGone: [0.01, 0.04],
  /** The administrator disables SMTP AUTH for a while. */
  smtpClosed: [0.03, 0.1],
  /** Another way is chosen for a mailbox. */
  wayChosen: [0.03, 0.15],
  /** A message is too large for one request to Graph. At each message. */
  sendLarge: [0.2, 0.5],
  /** Mail is answered or forwarded. At each acceptance of one, in the worlds in which that happens. */
  sendAnswer: [0.1, 0.4],
  /** A shared mailbox is opened by another person, or by the app. At each look of the weather. */
  sendMoved: [0.05, 0.2],
} as const;

export type FaultKind = keyof typeof likelihoods;

export const faultKinds = Object.keys(likelihoods) as readonly FaultKind[];

export interface Faults {
  /** Whether the fault happens at this opportunity. */
  strikes(kind: FaultKind): boolean;
  /** A number that says how bad it is, in [from, to). */
  size(kind: FaultKind, from: number, to: number): number;
  pick<T>(kind: FaultKind, items: readonly T[]): T | undefined;
  /** Kinds that this world knows. */
  readonly kinds: ReadonlySet<FaultKind>;
  /** From here on there are only these. */
  only(kinds: readonly FaultKind[]): void;
  /** From here on there are no faults and no actions. */
  stop(): void;
  readonly stopped: boolean;
}

/** @param without kinds that are left out of this world, to find out which of them a failure needs */
export function createFaults(seed: string, without: ReadonlySet<FaultKind>): Faults {
  const choice = dice(`${seed}/kinds`);
  const share = choice.between(0.3, 0.8);
  const streams = new Map<FaultKind, { dice: Dice; likelihood: number }>();
  for (const kind of faultKinds) {
    const present = choice.chance(share);
    const [rare, common] = likelihoods[kind];
    const level = choice.next();
    const likelihood = level < 0.5 ? rare : level < 0.88 ? common : Math.min(2.5 * common, 0.7);
    if (present && !without.has(kind)) streams.set(kind, { dice: dice(`${seed}/${kind}`), likelihood });
  }
  let stopped = false;
  let left: readonly FaultKind[] | undefined;
  const isOver = (kind: FaultKind) => left !== undefined && !left.includes(kind);
  return {
    strikes(kind) {
      const stream = streams.get(kind);
      return stream !== undefined && !stopped && !isOver(kind) && stream.dice.chance(stream.likelihood);
    },
    size: (kind, from, to) => streams.get(kind)?.dice.between(from, to) ?? from,
    pick: (kind, items) => streams.get(kind)?.dice.pick(items),
    kinds: new Set(streams.keys()),
    only(some) {
      left = some;
    },
    stop() {
      stopped = true;
    },
    get stopped() {
      return stopped;
    },
  };
}

/** Everything about bells: they make polls come at other times, and so hide what shows seldom. */
export const bellKinds: readonly FaultKind[] = ['bell', 'bellTwice', 'bellLate', 'bellForged'];

/** What concerns mail out, and processes that end. */
export const sendingKinds: readonly FaultKind[] = faultKinds.filter((kind) =>
  /^(kill|stall|wakeUp|smtp|graph|copyNever|copyLate|bounce|send|consent|wayChosen)/.test(kind),
);
