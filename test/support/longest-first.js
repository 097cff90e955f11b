import Sequencer from '@jest/test-sequencer';

/**
 * The files that take longest, longest first. Jest learns the time of each only by running it; on a fresh machine it
 * begins with the largest files, and a long one among the last leaves the other cores without work.
 */
const LONGEST = [
  'test/wire/large-answers',
  'test/access/slow-bodies',
  'test/process/start-up',
  'test/process/stop',
  'test/process/terminal',
  'test/monitoring/alert.',
  'test/database/embedded-server',
  'test/process/',
  'test/faults/stop',
  'test/faults/upgrade',
  'test/faults/service-killed',
  'test/faults/database-away',
  'test/faults/database-states',
  'test/faults/overload',
  'test/clients/java',
  'test/clients/python',
  'test/clients/openlineage',
];

const rank = ({ path }) => {
  const index = LONGEST.findIndex((part) => path.includes(part));
  return index < 0 ? LONGEST.length : index;
};

/** Begins with the longest files; the others follow in the order of Jest. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((one, other) => rank(one) - rank(other));
  }
}
