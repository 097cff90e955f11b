import pg from 'pg';

/**
 * What sessions have whatever the server, the database or the role is set to: how moments are written and read, and what
 * a backslash in a literal is. These are the ones that a pooler in transaction mode keeps for each of its clients.
 */
const SETTINGS = {
  DateStyle: 'ISO, YMD',
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
  client_encoding: 'UTF8',
} as const;

/** The part of pg's client that its types leave out: what it says when it connects. */
interface StartingClient {
  getStartupConf(): Record<string, string>;
}

const base = pg.Client.prototype as unknown as StartingClient;

/** A connection of the service's own: its settings come with the first message, which costs no round trip. */
export class SessionClient extends pg.Client {
  getStartupConf(): Record<string, string> {
    return { ...base.getStartupConf.call(this), ...SETTINGS };
  }
}
