import { Module } from '@nestjs/common';
import { AccessModule } from '../../platform/auth/access.module.js';
import { JobModule } from '../../platform/jobs/job.module.js';
import { ConsoleFilesService } from './console-files.service.js';
import { LoginService } from './login.service.js';
import { SessionSweepService } from './session-sweep.service.js';
import { SessionController } from './session.controller.js';

/** The console: its files, and the sessions of the people who use it. */
@Module({
  imports: [AccessModule, JobModule],
  controllers: [SessionController],
  providers: [ConsoleFilesService, LoginService, SessionSweepService],
})
export class ConsoleModule {}
