import { Module } from '@nestjs/common';
import { JobService } from './job.service.js';

/** Jobs and schedules, for any module. */
@Module({ providers: [JobService], exports: [JobService] })
export class JobModule {}
