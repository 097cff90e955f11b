import {
  changedThresholds,
  type GivenPairs,
  isGiven,
  pairErrors,
  pairsOf,
  PIPELINE_PAIRS,
  type PairName,
  thresholdsOf,
  wirePairs,
} from './threshold-pairs.js';

const NONE = { number: null, datepart: null };
const DAY = { number: 1, datepart: 'day' } as const;
/** Freshness of a day, and no other threshold. */
const FRESH = {
  freshness: DAY,
  freshnessWarn: NONE,
  timeliness: NONE,
  timelinessWarn: NONE,
  lostAfter: NONE,
  startGrace: NONE,
  retention: NONE,
};

describe('the pairs of thresholds', () => {
  it('are valid when both fields are set, or neither', () => {
    expect(pairErrors(PIPELINE_PAIRS, {})).toEqual([]);
    expect(pairErrors(PIPELINE_PAIRS, { freshness_number: null, freshness_datepart: null })).toEqual([]);
    expect(pairErrors(PIPELINE_PAIRS, { freshness_number: 1, freshness_datepart: 'day' })).toEqual([]);
  });

  it.each<[GivenPairs<PairName>, string]>(
    PIPELINE_PAIRS.flatMap((name): [GivenPairs<PairName>, string][] => [
      [{ [`${name}_number`]: 1 }, `${name}_datepart`],
      [{ [`${name}_datepart`]: 'day' }, `${name}_number`],
      [{ [`${name}_number`]: 1, [`${name}_datepart`]: null }, `${name}_datepart`],
    ]),
  )('are invalid with one field only: %j lacks %s', (half, missing) => {
    expect(pairErrors(PIPELINE_PAIRS, half)).toEqual([
      {
        field: missing,
        message: expect.stringMatching(/^'\w+_number' and '\w+_datepart' must be provided together$/) as string,
      },
    ]);
  });

  it('keep their fields on the way to an entity and back', () => {
    const fields = {
      freshness_number: 1,
      freshness_datepart: 'day',
      freshness_warn_number: null,
      freshness_warn_datepart: null,
      timeliness_warn_number: null,
      timeliness_warn_datepart: null,
      start_grace_number: null,
      start_grace_datepart: null,
      timeliness_number: null,
      timeliness_datepart: null,
      lost_after_number: null,
      lost_after_datepart: null,
      retention_number: null,
      retention_datepart: null,
    } as const;
    const thresholds = thresholdsOf(PIPELINE_PAIRS, { freshness_number: 1, freshness_datepart: 'day' });
    expect(thresholds).toEqual(FRESH);
    expect(wirePairs(PIPELINE_PAIRS, thresholds)).toEqual(fields);
    expect(pairsOf(PIPELINE_PAIRS, { ...fields, name: 'not a pair' } as typeof fields)).toEqual(fields);
  });
});

describe('a change of thresholds', () => {
  const row = FRESH;

  it('touches the given pairs alone', () => {
    expect(changedThresholds(PIPELINE_PAIRS, row, {})).toEqual({});
    expect(isGiven('timeliness', { freshness_number: 2 })).toBe(false);
    expect(isGiven('freshness', { freshness_number: null })).toBe(true);
  });

  it('joins half a pair to the other half of the row', () => {
    expect(changedThresholds(PIPELINE_PAIRS, row, { freshness_number: 2 })).toEqual({
      freshness: { number: 2, datepart: 'day' },
    });
    expect(changedThresholds(PIPELINE_PAIRS, row, { freshness_number: null, freshness_datepart: null })).toEqual({
      freshness: NONE,
    });
  });
});
