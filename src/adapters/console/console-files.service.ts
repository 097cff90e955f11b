import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { publicUrl } from '../../platform/http/public-url.js';

const PATH = '/console';
/** The built page has this tag; the prefix of a proxy is put before its path. */
const BASE = `<base href="${PATH}/">`;
/** The names of these files contain a hash of their content. */
const HASHED = 'assets/';
const A_YEAR = '1y';

/**
 * Serves the built console under `/console/`, if it is installed. A path that names no file is one of the page, which
 * finds out itself what to show; so a path with an extension that names no file is 404. The files hold no data, and need
 * no key.
 */
@Injectable()
export class ConsoleFilesService implements OnModuleInit {
  /** The folder of the built console. */
  folder = join(dirname(findPackageJSON('..', import.meta.url) ?? ''), 'dist/console');

  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    if (!existsSync(join(this.folder, 'index.html'))) return;
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    void fastify.register(fastifyStatic, { serve: false, root: this.folder, preCompressed: true, dotfiles: 'ignore' });
    const config = { access: 'page' } as const;
    fastify.get(PATH, { config }, (request, reply) => this.start(request, reply));
    fastify.get<{ Params: { '*': string } }>(`${PATH}/*`, { config }, (request, reply) =>
      this.find(request.params['*'], reply),
    );
    fastify.startPage = `${PATH}/`;
  }

  /** Without the slash at the end, the links of the page would lead elsewhere. The router takes both for the same. */
  private start(request: FastifyRequest, reply: FastifyReply): Promise<string> | FastifyReply {
    const [path = '', query] = request.url.split('?', 2);
    if (path.endsWith('/')) return this.page(reply);
    return reply.redirect(`${publicUrl(request).prefix}${PATH}/${query === undefined ? '' : `?${query}`}`, 302);
  }

  private find(path: string, reply: FastifyReply): Promise<string> | FastifyReply {
    const isHashed = path.startsWith(HASHED);
    const isFile = isHashed || path.slice(path.lastIndexOf('/') + 1).includes('.');
    if (!isFile || path === 'index.html') return this.page(reply);
    return reply.sendFile(path, this.folder, isHashed ? { maxAge: A_YEAR, immutable: true } : { maxAge: 0 });
  }

  private async page(reply: FastifyReply): Promise<string> {
    const html = await readFile(join(this.folder, 'index.html'), 'utf8');
    const prefix = publicUrl(reply.request).prefix.replaceAll('&', '&amp;');
    void reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache');
    return html.replace(BASE, () => `<base href="${prefix}${PATH}/">`);
  }
}
