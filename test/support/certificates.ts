import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key, as files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Creates a certificate authority in a folder. */
export function makeAuthority(folder: string, name: string): Certificate {
  const made = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  openssl('req', '-x509', ...NEW_KEY, '-keyout', made.key, '-out', made.cert, '-days', '2', '-subj', `/CN=${name}`);
  return made;
}

/** Creates a certificate for a name, which is that of a host or of a role, signed by an authority. */
export function makeCertificate(folder: string, authority: Certificate, name: string): Certificate {
  const made = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const [request, extensions] = [join(folder, `${name}.csr`), join(folder, `${name}.ext`)];
  writeFileSync(extensions, `subjectAltName=DNS:${name}\n`);
  openssl('req', ...NEW_KEY, '-keyout', made.key, '-out', request, '-subj', `/CN=${name}`);
  const signed = ['-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial', '-extfile', extensions];
  openssl('x509', '-req', '-in', request, ...signed, '-out', made.cert, '-days', '2');
  return made;
}
