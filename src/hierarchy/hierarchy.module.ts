import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ExecutionModule } from '../execution/execution.module.js';
import { ClosureEntity } from './closure.entity.js';
import { ExecutionClosureSubscriber } from './execution-closure.subscriber.js';
import { HierarchyController } from './hierarchy.controller.js';
import { HierarchyRepository } from './hierarchy.repository.js';
import { HierarchyService } from './hierarchy.service.js';

/** The tree: the closure, the subscriber that keeps it exact, and the questions asked of it. */
@Module({
  imports: [ExecutionModule, TypeOrmModule.forFeature([ClosureEntity])],
  controllers: [HierarchyController],
  providers: [ExecutionClosureSubscriber, HierarchyRepository, HierarchyService],
})
export class HierarchyModule {}
