import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { UnauthenticatedError } from '../../platform/auth/access.errors.js';
import { AccessService } from '../../platform/auth/access.service.js';
import { mayHaveSession, sessionCookie, sessionTokenOf } from '../../platform/auth/session-cookie.js';
import { SessionService } from '../../platform/auth/session.service.js';
import type { CreateSessionDto } from './session.dto.js';
import { TlsRequiredError } from './session.errors.js';

/** Logs people in and out: exchanges a key for a session, whose cookie no script can read. */
@Injectable()
export class LoginService {
  constructor(
    private readonly access: AccessService,
    private readonly sessions: SessionService,
  ) {}

  /** @throws TlsRequiredError, UnauthenticatedError */
  async logIn({ key }: CreateSessionDto, reply: FastifyReply): Promise<void> {
    const { request } = reply;
    if (!mayHaveSession(request)) throw new TlsRequiredError();
    const caller = await this.access.callerOfKey(key);
    if (!caller) throw new UnauthenticatedError('The key is not known here.');
    await this.endSessionOf(reply);
    const { token, lastsSeconds } = await this.sessions.begin(caller, key);
    setCookie(reply, token, lastsSeconds);
  }

  /** Succeeds also where there is no session any more, so that the browser forgets its cookie in any case. */
  async logOut(reply: FastifyReply): Promise<void> {
    await this.endSessionOf(reply);
    setCookie(reply, '', 0);
  }

  private async endSessionOf({ request }: FastifyReply): Promise<void> {
    const token = sessionTokenOf(request);
    if (token !== undefined) await this.sessions.end(token);
  }
}

function setCookie(reply: FastifyReply, token: string, lastsSeconds: number): void {
  const cookie = sessionCookie(reply.request, token, lastsSeconds);
  if (cookie !== undefined) reply.header('set-cookie', cookie);
}
