import { ApiProperty } from '@nestjs/swagger';
import { CALLER_KINDS, type CallerKind, type Scope, SCOPES } from '../../platform/auth/caller.js';
import { INSTANT, NAME, Text } from '../../platform/http/fields.js';

/** The longest key that is looked up; WATCHER_ADMIN_KEY has up to 255 characters. */
const LONGEST_KEY = 4096;

/** A key that begins a session. */
export class CreateSessionDto {
  /**
   * A key of the service, or WATCHER_ADMIN_KEY; no token of an issuer.
   * @example "watcher_0123456789ab_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
   */
  @Text(1, LONGEST_KEY)
  key!: string;
}

/** Who sends the request. */
export class SessionDto {
  /**
   * The name of the key, or the subject of the token.
   * @example nightly
   */
  @ApiProperty(NAME)
  name!: string;

  /**
   * What the caller may do: each scope includes those before it.
   * @example read
   */
  @ApiProperty({ enum: SCOPES, enumName: 'SessionScope' })
  scope!: Scope;

  /**
   * When the session or the token expires; null where nothing does.
   * @example 2026-01-31T20:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  expires_at!: string | null;

  /**
   * How the request proves who sends it: by a `session` of its cookie, a `key`, or a `token` of the issuer; `open`: no key
   * is configured, and nobody has to.
   * @example session
   */
  @ApiProperty({ enum: CALLER_KINDS, enumName: 'SessionKind' })
  kind!: CallerKind;
}
