import { runTests } from './python-wheel.js';

/** The tools whose examples are run, and their packages. */
const TOOLS = {
  dbt: ['dbt-core~=1.10.0', 'dbt-duckdb'],
  dagster: ['dagster'],
  prefect: ['prefect'],
  airflow: ['apache-airflow'],
};
/** Those that take long to install: together 700 MB of packages. */
const LARGE = new Set(['prefect', 'airflow']);
const withLarge = Boolean(process.env['TEST_INTEGRATIONS']);

/** With TEST_INTEGRATIONS=1 all of them. */
describe.each(Object.entries(TOOLS))('the example for %s', (tool, packages) => {
  const test = withLarge || !LARGE.has(tool) ? it : it.skip;
  test('reports its tree', async () => {
    await runTests(packages, [`test_examples.Examples.test_${tool}`]);
  });
});
