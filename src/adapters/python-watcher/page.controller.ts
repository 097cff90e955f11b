import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Requires } from '../../platform/auth/requires.js';
import { publicUrl } from '../../platform/http/public-url.js';

/** The pages of the older service lead to the start page: the console, or without it to `/`. */
@ApiExcludeController()
@Controller()
export class PageController {
  @Get('reporting')
  @Requires('open')
  leadToStartPage(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    void reply.redirect(`${publicUrl(request).prefix}${request.server.startPage ?? '/'}`, 302);
  }
}
