import { DomainError } from '../../platform/errors/domain-error.js';

/** A login for which a browser would keep no cookie, and whose key crosses the network in the clear. */
export class TlsRequiredError extends DomainError {
  constructor() {
    super(
      'forbidden',
      'tls_required',
      'A session needs HTTPS, except under localhost. A proxy with TLS has to send X-Forwarded-Proto, from a private address.',
    );
  }
}
