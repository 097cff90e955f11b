import { Controller, Get, type OnModuleInit, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Requires } from '../../platform/auth/requires.js';
import { publicUrl } from '../../platform/http/public-url.js';

/** The pages of the older service lead to those of the console, or without it to `/`. */
@ApiExcludeController()
@Controller()
export class PageController implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  /** `/lineage-graph` without a dataset is a page; with one it is an endpoint. */
  onModuleInit(): void {
    const { pages } = this.host.httpAdapter.getInstance<FastifyInstance>();
    for (const path of ['/lineage-graph', '/lineage-graph/']) pages.set(path, 'datasets');
  }

  @Get('reporting')
  @Requires('open')
  leadToReport(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { startPage } = request.server;
    void reply.redirect(`${publicUrl(request).prefix}${startPage ? `${startPage}reports/daily` : '/'}`, 302);
  }
}
