/** The DataSource of the TypeORM command line (`npm run migration:run` and related scripts). */
export { commandLineDataSource as default } from './src/platform/database/command-line.js';
