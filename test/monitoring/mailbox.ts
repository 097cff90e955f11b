import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | undefined;
  /** The message as received: headers, an empty line, the text. */
  readonly content: string;
}

/** A real mail server on loopback that accepts all messages, unless a test sets a refusal. */
export class Mailbox {
  readonly received: Mail[] = [];
  /** Its answer to a message; undefined: it accepts the message. */
  refusal: { readonly responseCode: number; readonly message: string } | undefined;
  private readonly server: SMTPServer;

  private constructor() {
    this.server = new SMTPServer({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      authOptional: true,
      onAuth: ({ password, username }, _session, done) =>
        done(password === 'pass word' ? null : new Error('no'), { user: username }),
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          if (this.refusal) {
            done(Object.assign(new Error(this.refusal.message), this.refusal));
            return;
          }
          this.received.push(toMail(session, Buffer.concat(chunks).toString()));
          done();
        });
      },
    });
    this.server.on('error', () => undefined);
  }

  static async start(): Promise<Mailbox> {
    const mailbox = new Mailbox();
    mailbox.server.listen(0, '127.0.0.1');
    await once(mailbox.server.server, 'listening');
    return mailbox;
  }

  get url(): string {
    return `smtp://user:pass%20word@127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(resolve);
    });
  }
}

function toMail({ envelope, user }: SMTPServerSession, content: string): Mail {
  return {
    from: envelope.mailFrom ? envelope.mailFrom.address : '',
    to: envelope.rcptTo.map(({ address }) => address),
    user,
    content,
  };
}
