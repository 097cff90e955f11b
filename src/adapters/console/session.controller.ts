import { Body, Controller, Delete, Get, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../platform/auth/caller.js';
import { CurrentCaller } from '../../platform/auth/current-caller.js';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers } from '../../platform/http/api.js';
import { LoginService } from './login.service.js';
import { CreateSessionDto, SessionDto } from './session.dto.js';
import { toSession } from './session.mapper.js';

/** `/session`: who is logged in, for pages in a browser. */
@ApiTags('session')
@Controller('session')
export class SessionController {
  constructor(private readonly logins: LoginService) {}

  /**
   * Log in with a key.
   *
   * The answer sets a cookie that lasts 12 hours and that scripts cannot read. Requests from pages of the service may
   * then leave the key out. The session ends with its key. The service refuses a login from a page of another origin (403
   * `foreign_origin`), and without TLS, except under a name of loopback (403 `tls_required`). There is no
   * Idempotency-Key, because the service keeps no token of a session.
   */
  @Post()
  @HttpCode(204)
  @Requires('login')
  @ApiAnswers({ noContent: 'Logged in.', body: true, problems: [] })
  createSession(@Body() request: CreateSessionDto, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    return this.logins.logIn(request, reply);
  }

  /** Find out who sends the request, and how. */
  @Get()
  @Requires('read')
  @ApiAnswers({ ok: SessionDto, problems: [] })
  getSession(@CurrentCaller() caller: Caller): SessionDto {
    return toSession(caller);
  }

  /**
   * Log out: end the session of the cookie.
   *
   * The answer clears the cookie. The request succeeds also without a session.
   */
  @Delete()
  @HttpCode(204)
  @Requires('login')
  @ApiAnswers({ noContent: 'Logged out.', problems: [] })
  deleteSession(@Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    return this.logins.logOut(reply);
  }
}
