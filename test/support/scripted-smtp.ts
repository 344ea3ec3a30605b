import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** What the server answers, by the beginning of the command; `cut` ends the connection without a word. */
export interface SmtpScript {
  /** Offers no STARTTLS and refuses it, but takes a sign-in. */
  readonly withoutTls?: boolean;
  /** The largest message that it says it takes. */
  readonly size?: number;
  /** Offered besides SIZE and AUTH. */
  readonly extensions?: readonly string[];
  readonly auth?: string;
  readonly mail?: string;
  readonly rcpt?: (address: string) => string;
  readonly data?: string;
  /** When so many bytes of the message have arrived, the connection is cut. */
  readonly cutAfterBytes?: number;
  /** After the final `.`. */
  readonly message?: string;
}

export interface ScriptedSmtp {
  readonly port: number;
  script: SmtpScript;
  readonly messages: string[];
  /** Its MAIL commands. */
  readonly senders: string[];
  readonly envelopes: string[][];
  readonly tokens: string[];
  stop(): Promise<void>;
}

/** An SMTP server on raw sockets that says what it is told to, for what no real one can be made to do. STARTTLS is its only luxury. */
export async function startScriptedSmtp(keys: { readonly key: string; readonly cert: string }): Promise<ScriptedSmtp> {
  const context = createSecureContext(keys);
  const sockets = new Set<Socket>();
  const state: Omit<ScriptedSmtp, 'port' | 'stop'> = {
    script: {},
    messages: [],
    senders: [],
    envelopes: [],
    tokens: [],
  };
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write('220 localhost ready\r\n');
    socket.once('data', () => {
      if (state.script.withoutTls === true) {
        socket.write('250-localhost\r\n250 AUTH XOAUTH2\r\n');
        talk(socket, state);
        return;
      }
      socket.write('250-localhost\r\n250 STARTTLS\r\n');
      socket.once('data', () => {
        socket.write('220 go\r\n');
        talk(new TLSSocket(socket, { isServer: true, secureContext: context }), state);
      });
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return Object.assign(state, {
    port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  });
}

function talk(socket: Socket, state: Omit<ScriptedSmtp, 'port' | 'stop'>): void {
  let buffer = '';
  let message: string | undefined;
  let envelope: string[] = [];
  socket.on('error', () => undefined);
  const say = (line: string) => (line === 'cut' ? socket.destroy() : socket.write(`${line}\r\n`));
  const command = (line: string): void => {
    const { script } = state;
    if (/^STARTTLS/i.test(line)) say('502 5.5.1 No');
    else if (/^EHLO/i.test(line)) {
      const own = (script.extensions ?? []).map((name) => `250-${name}\r\n`).join('');
      say(`250-localhost\r\n250-SIZE ${script.size ?? 1_000_000}\r\n${own}250 AUTH XOAUTH2`);
    } else if (/^AUTH/i.test(line)) {
      state.tokens.push(Buffer.from(line.split(' ')[2] ?? '', 'base64').toString());
      say(script.auth ?? '235 2.7.0 Authentication successful');
    } else if (/^MAIL/i.test(line)) {
      envelope = [];
      state.senders.push(line);
      say(script.mail ?? '250 2.1.0 Sender OK');
    } else if (/^RCPT/i.test(line)) {
      const address = Buffer.from(/<(.*)>/.exec(line)?.[1] ?? '', 'latin1').toString();
      envelope.push(address);
      say(script.rcpt?.(address) ?? '250 2.1.5 Recipient OK');
    } else if (/^DATA/i.test(line)) {
      const answer = script.data ?? '354 Start mail input';
      if (answer.startsWith('354')) message = '';
      say(answer);
    } else if (/^QUIT/i.test(line)) say('cut');
    else say('250 2.0.0 OK');
  };
  socket.on('data', (chunk) => {
    buffer += chunk.toString('latin1');
    for (;;) {
      const end = message === undefined ? buffer.indexOf('\r\n') : buffer.indexOf('\r\n.\r\n');
      if (message !== undefined && buffer.length > (state.script.cutAfterBytes ?? Number.POSITIVE_INFINITY)) {
        socket.destroy();
        return;
      }
      if (end < 0) return;
      const text = buffer.slice(0, end);
      buffer = buffer.slice(end + (message === undefined ? 2 : 5));
      if (message === undefined) command(text);
      else {
        message = undefined;
        state.messages.push(text);
        state.envelopes.push(envelope);
        say(state.script.message ?? '250 2.0.0 OK <ABC@XYZ.eurprd01.prod.outlook.com> [Hostname=XYZ]');
      }
    }
  });
}
