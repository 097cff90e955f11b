import { gunzipSync, gzipSync } from 'node:zlib';
import Fastify, { type FastifyReply } from 'fastify';
import { AnswerRoom, registerAnswerRoom, type Share, takeAnswerRoom } from './answer-room.js';
import { registerCompression } from './compressed-answers.js';

const TEXT = JSON.stringify({ text: 'long '.repeat(4000) });

/** The answer to a request that accepts gzip, of a route with this handler. */
async function answerOf(handler: (reply: FastifyReply) => unknown, method: 'GET' | 'HEAD' | 'POST' = 'GET') {
  const fastify = Fastify();
  registerCompression(fastify);
  fastify.route({ method: method === 'HEAD' ? 'GET' : method, url: '/', handler: (_, reply) => handler(reply) });
  const answer = await fastify.inject({ method, url: '/', headers: { 'accept-encoding': 'gzip' } });
  await fastify.close();
  return answer;
}
const json = (reply: FastifyReply): FastifyReply => reply.type('application/json; charset=utf-8');

describe(registerCompression, () => {
  it('gives the compressed bytes their length', async () => {
    const answer = await answerOf((reply) => json(reply).header('content-length', TEXT.length).send(TEXT));
    expect(answer.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': `${answer.rawPayload.length}`,
    });
    expect(gunzipSync(answer.rawPayload).toString()).toBe(TEXT);
  });

  it('makes a strong tag weak, and keeps a weak one', async () => {
    for (const [given, sent] of [
      ['"a"', 'W/"a"'],
      ['W/"a"', 'W/"a"'],
    ] as const) {
      expect((await answerOf((reply) => json(reply).header('etag', given).send(TEXT))).headers.etag).toBe(sent);
    }
    const short = await answerOf((reply) => json(reply).header('etag', '"a"').send('{}'));
    expect(short.headers.etag).toBe('"a"');
  });

  it.each<[string, (reply: FastifyReply) => unknown]>([
    ['304', (reply) => json(reply).code(304).header('etag', '"a"').send()],
    ['404', (reply) => json(reply).code(404).send(TEXT)],
    ['no JSON', (reply) => reply.type('text/plain').send(TEXT)],
    ['encoded already', (reply) => json(reply).header('content-encoding', 'br').send(TEXT)],
    ['bytes', (reply) => json(reply).send(gzipSync(TEXT))],
    ['short', (reply) => json(reply).send('{}')],
  ])('leaves an answer as it is: %s', async (_, handler) => {
    const { headers } = await answerOf(handler);
    expect([headers['content-encoding'] === 'gzip', headers.vary]).toEqual([false, undefined]);
  });

  it('leaves the answer to a write as it is', async () => {
    const answer = await answerOf((reply) => json(reply).send(TEXT), 'POST');
    expect([answer.headers['content-encoding'], answer.body]).toEqual([undefined, TEXT]);
  });

  it('lets an answer keep the room of its compressed bytes', async () => {
    const kept: number[] = [];
    class Watched extends AnswerRoom {
      override shrink(share: Share, bytes: number): void {
        super.shrink(share, bytes);
        kept.push(share.bytes);
      }
    }
    const fastify = Fastify();
    registerCompression(fastify);
    registerAnswerRoom(fastify, new Watched());
    fastify.get('/', async (_, reply) => {
      await takeAnswerRoom();
      return json(reply).send(TEXT);
    });
    const { rawPayload } = await fastify.inject({ url: '/', headers: { 'accept-encoding': 'gzip' } });
    expect(kept[0]).toBe(rawPayload.length);
    await fastify.close();
  });
});
