import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** The audience of its tokens. */
export const AUDIENCE = 'watcher';
type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

/** The parts of an OpenID Connect issuer that a resource server uses: a discovery document and keys. */
export class Issuer {
  isDown = false;
  /** What else is in its key set. */
  otherKeys: unknown[] = [];
  private constructor(
    private readonly server: Server,
    readonly url: string,
    private readonly keys: Keys,
  ) {}

  static async start(): Promise<Issuer> {
    const keys = await generateKeyPair('ES256');
    const server = createServer((request, response) => {
      if (issuer.isDown) return void response.writeHead(500).end();
      const body =
        request.url === '/.well-known/openid-configuration'
          ? Promise.resolve({ issuer: issuer.url, jwks_uri: `${issuer.url}/keys` })
          : exportJWK(keys.publicKey).then((key) => ({
              keys: [...issuer.otherKeys, { ...key, kid: 'one', alg: 'ES256', use: 'sig' }],
            }));
      void body.then((json) => response.setHeader('content-type', 'application/json').end(JSON.stringify(json)));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const issuer = new Issuer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys);
    return issuer;
  }

  token(claims: JWTPayload, keys = this.keys, expires = '1 minute', header = {}): Promise<string> {
    return new SignJWT({ sub: 'somebody', iss: this.url, aud: AUDIENCE, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(keys.privateKey);
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }
}
