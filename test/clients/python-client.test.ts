import { runTests, TESTS } from './python-wheel.js';

it('the client library for Python passes its tests against the service', async () => {
  await runTests([], ['discover', '--start-directory', TESTS]);
});
