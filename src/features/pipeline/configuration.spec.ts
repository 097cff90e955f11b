import { type Configuration, configurationHash } from './configuration.js';
import { pairsOf, PIPELINE_PAIRS } from './threshold-pairs.js';

const nothing: Configuration = {
  name: 'Customers',
  pipeline_type_name: 'extraction',
  pipeline_metadata: null,
  schedule: null,
  schedule_timezone: null,
  ...pairsOf(PIPELINE_PAIRS, {}),
};

describe('the hash of a configuration', () => {
  it('is a known value, so that no release changes it by accident', () => {
    // printf '{"name":"Customers","pipeline_type_name":"extraction"}' | sha256sum
    expect(configurationHash(nothing)).toBe('bee544d3ade0eb2a286b1047e3f59b6def454ca6f761c20f5f865ae6779ee696');
    // printf '{"freshness_datepart":"day","freshness_number":1,"name":"Customers","pipeline_metadata":{"a":[1,null],"é":1e+21},"pipeline_type_name":"extraction"}' | sha256sum
    expect(
      configurationHash({
        ...nothing,
        freshness_number: 1,
        freshness_datepart: 'day',
        pipeline_metadata: { é: 1e21, a: [1.0, null] },
      }),
    ).toBe('292da819f238a0586178a4e7b13c23c3c92004ae2c0e18f046b84716b5159104');
  });

  it('ignores the order of keys', () => {
    const there = { ...nothing, pipeline_metadata: { a: { x: 1, y: 2 }, b: 3 } };
    const back = { ...nothing, pipeline_metadata: { b: 3, a: { y: 2, x: 1 } } };
    expect(configurationHash(there)).toBe(configurationHash(back));
  });

  it.each<[string, Partial<Configuration>]>([
    ['the name', { name: 'customers' }],
    ['the type', { pipeline_type_name: 'load' }],
    ['empty metadata', { pipeline_metadata: {} }],
    ['metadata', { pipeline_metadata: { a: 1 } }],
    ['a null inside metadata', { pipeline_metadata: { a: null } }],
    [
      'a key with a meaning in JavaScript',
      { pipeline_metadata: JSON.parse('{"__proto__": 1}') as Record<string, unknown> },
    ],
    ['freshness', { freshness_number: 1, freshness_datepart: 'day' }],
    ['timeliness', { timeliness_number: 1, timeliness_datepart: 'day' }],
  ])('depends on %s', (_, change) => {
    expect(configurationHash({ ...nothing, ...change })).not.toBe(configurationHash(nothing));
  });
});
