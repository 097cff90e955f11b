import { parseDatabaseUrl } from './database-url.js';
import { UnfitValue } from './unfit-value.js';

/** The parts that are present. */
function partsOf(url: string): object {
  const { parameters, servers, ...parts } = parseDatabaseUrl(url);
  const [server] = servers;
  const given = Object.entries({ ...parts, ...server, ...parameters }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

describe('parseDatabaseUrl', () => {
  it.each([
    ['postgresql://', {}],
    ['postgres://localhost', { host: 'localhost' }],
    ['postgresql://localhost:5433/db', { host: 'localhost', port: 5433, database: 'db' }],
    ['postgresql://u@h/db', { user: 'u', host: 'h', database: 'db' }],
    ['postgresql://u:p@/db?host=/dir', { user: 'u', password: 'p', host: '/dir', database: 'db' }],
    ['postgresql://u:p@%2Frun%2Fpg:5433/db', { user: 'u', password: 'p', host: '/run/pg', port: 5433, database: 'db' }],
    [
      'postgresql:///db?host=h&port=1&user=u&password=p',
      { host: 'h', port: 1, user: 'u', password: 'p', database: 'db' },
    ],
    ['postgresql://h/a?dbname=b', { host: 'h', database: 'b' }],
    ['postgresql://[::1]:5433/db', { host: '::1', port: 5433, database: 'db' }],
    ['postgresql://name/db?hostaddr=10.0.0.1', { host: 'name', address: '10.0.0.1', database: 'db' }],
    ['postgresql://u%40d:p%3A%2F%25@h/d%20b', { user: 'u@d', password: 'p:/%', host: 'h', database: 'd b' }],
    ['postgresql://u:%C3%BC+?#@h/db', { user: 'u', password: 'ü+?#', host: 'h', database: 'db' }],
    ['postgresql://u:p@ss@h/db', { user: 'u', password: 'p@ss', host: 'h', database: 'db' }],
    ['postgresql://h/db?ssl=true', { host: 'h', database: 'db', sslmode: 'require' }],
    ['postgresql://h?sslmode=verify-full&connect_timeout=3', { host: 'h', sslmode: 'verify-full' }],
    ['postgresql://h/db?options=-c%20search_path%3Dw', { host: 'h', database: 'db', options: '-c search_path=w' }],
  ])('%s', (url, parts) => {
    expect(partsOf(url)).toEqual(parts);
  });

  it.each<[string, [host: string | undefined, port: number | undefined][]]>([
    [
      'postgresql://a,b/db',
      [
        ['a', undefined],
        ['b', undefined],
      ],
    ],
    [
      'postgresql://u:p@a:1,b:2/db?target_session_attrs=read-write',
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    [
      'postgresql://a:1,b/db?target_session_attrs=any',
      [
        ['a', 1],
        ['b', undefined],
      ],
    ],
    [
      'postgresql://[::1]:1,[::2]:2/db',
      [
        ['::1', 1],
        ['::2', 2],
      ],
    ],
    [
      'postgresql:///db?host=a,b&port=1',
      [
        ['a', 1],
        ['b', 1],
      ],
    ],
    [
      'postgresql:///db?host=/run/a,b&port=1,2&target_session_attrs=primary',
      [
        ['/run/a', 1],
        ['b', 2],
      ],
    ],
  ])('%s names several servers', (url, servers) => {
    expect(parseDatabaseUrl(url).servers.map(({ host, port }) => [host, port])).toEqual(servers);
  });

  it.each([
    ['mysql://h/db', 'does not begin with postgresql://'],
    ['postgresql://u:to%psecret@h/db', "the password has a '%' without two hexadecimal digits"],
    ['postgresql://u:topsecret%@h', "a '%' without two hexadecimal digits"],
    ['postgresql://u:topsecret%00@h', 'the password has a NUL character'],
    ['postgresql://u:topsecret%ff@h', 'the password is not UTF-8'],
    ['postgresql://h:port/db', 'port is not a number from 1 to 65535'],
    ['postgresql://h:65536/db', 'port is not a number from 1 to 65535'],
    ['postgresql:///db?host=a,b,c&port=1,2', 'it has 2 ports for 3 hosts'],
    ['postgresql://a,b/db?hostaddr=10.0.0.1', 'hostaddr is taken with one host only'],
    ['postgresql://a,b/db?target_session_attrs=standby', "target_session_attrs is 'standby', which is not one of any"],
    ['postgresql://h/db?sslmod=require', "a parameter 'sslmod', which Watcher does not know"],
    ['postgresql://h/db?sslmode', "parameter 'sslmode' has no value"],
    ['postgresql://h/db?sslmode=on', "sslmode is 'on', which is not one of disable, allow, prefer"],
    ['postgresql://h/db?sslmode=verify-ca', 'sslmode=verify-ca needs sslrootcert'],
    ['postgresql://h/db?sslnegotiation=direct', 'sslnegotiation=direct needs sslmode=require'],
    ['postgresql://h/db?ssl_min_protocol_version=3', 'ssl_min_protocol_version'],
  ])('refuses %s', (url, why) => {
    const parse = (): unknown => parseDatabaseUrl(url);
    expect(parse).toThrow(UnfitValue);
    expect(parse).toThrow(why);
    expect(parse).not.toThrow('secret');
  });
});
