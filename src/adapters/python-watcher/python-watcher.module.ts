import { Module } from '@nestjs/common';
import { PythonAnomalyModule } from './anomaly.module.js';

/** The endpoints of the older Python service, for its clients as they stand. They are deprecated. */
@Module({ imports: [PythonAnomalyModule] })
export class PythonWatcherModule {}
