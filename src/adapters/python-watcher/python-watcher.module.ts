import { Module } from '@nestjs/common';

/** The endpoints of the older Python service, for its clients as they stand. They are deprecated. */
@Module({})
export class PythonWatcherModule {}
