import { Module } from '@nestjs/common';
import { JobService } from './job.service.js';
import { SweepService } from './sweep.service.js';

/** Jobs and schedules, for any module. */
@Module({ providers: [JobService, SweepService], exports: [JobService, SweepService] })
export class JobModule {}
