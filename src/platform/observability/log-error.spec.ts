import { errorFields } from './log-error.js';

describe(errorFields, () => {
  it('shows the message of an error and its causes', () => {
    const cause = Object.assign(new Error('below'), { code: 'ECONNRESET' });
    expect(errorFields(new TypeError('above', { cause }))).toEqual({
      type: 'TypeError',
      message: 'above',
      stack: expect.stringContaining('above'),
      cause: { type: 'Error', message: 'below', code: 'ECONNRESET', stack: expect.any(String) },
    });
  });

  it('reads the copy of an error that a library passes on', () => {
    const error = Object.assign(new Error('relation "job" does not exist'), { code: '42P01', detail: 'a row' });
    const copy = { ...error, message: error.message, stack: error.stack, queue: 'check', worker: 'w' };
    expect(errorFields(copy)).toEqual({
      type: 'Object',
      message: 'relation "job" does not exist',
      stack: error.stack,
      code: '42P01',
      queue: 'check',
    });
  });

  it('shows the message of each of several errors', () => {
    expect(errorFields(new AggregateError([new Error('one'), new Error('two')], 'a check failed'))).toMatchObject({
      message: 'a check failed',
      errors: [{ message: 'one' }, { message: 'two' }],
    });
  });

  it.each([
    ['a text', 'gone', { message: 'gone' }],
    ['nothing', undefined, { message: 'undefined' }],
    ['an object', { secret: 'x' }, { type: 'Object', message: 'an object without a message' }],
  ])('shows no more of %s than a message', (_, thrown, fields) => {
    expect(errorFields(thrown)).toEqual(fields);
  });
});
