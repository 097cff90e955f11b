/**
 * A route that reads a JSON body and does nothing with it, on the HTTP server that the service uses. Run as a process of
 * its own, as the service is; it prints its URL.
 */
import { fastify } from 'fastify';

const app = fastify({ bodyLimit: 16 * 1024 * 1024 });
app.post('/nothing', async () => ({ execution_id: 1 }));
console.log(await app.listen({ port: 0, host: '127.0.0.1' }));
