import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChangeModule } from '../changes/change.module.js';
import { ExecutionModule } from '../execution/execution.module.js';
import { PipelineModule } from '../pipeline/pipeline.module.js';
import { PipelineDeletionController } from './deletion/pipeline-deletion.controller.js';
import { TreeDeletionController } from './deletion/tree-deletion.controller.js';
import { TreeDeletionRepository } from './deletion/tree-deletion.repository.js';
import { TreeDeletionService } from './deletion/tree-deletion.service.js';
import { TreeQuestionsController } from './questions/tree-questions.controller.js';
import { TreeQuestionsRepository } from './questions/tree-questions.repository.js';
import { TreeQuestionsService } from './questions/tree-questions.service.js';
import { TimelineController } from './timeline/timeline.controller.js';
import { TimelineRepository } from './timeline/timeline.repository.js';
import { TimelineService } from './timeline/timeline.service.js';
import { ClosureEntity } from './closure.entity.js';
import { ExecutionClosureSubscriber } from './execution-closure.subscriber.js';
import { HierarchyController } from './hierarchy.controller.js';
import { HierarchyRepository } from './hierarchy.repository.js';
import { HierarchyService } from './hierarchy.service.js';
import { TreeDepthService } from './tree-depth.service.js';
import { TreeFailureRepository } from './tree-failure.repository.js';
import { TreeFailureService } from './tree-failure.service.js';
import { TreeMoveRepository } from './tree-move.repository.js';
import { TreeMoveService } from './tree-move.service.js';

/** The execution tree: the closure, its subscriber, and the endpoints that read and analyse it. */
@Module({
  imports: [ChangeModule, ExecutionModule, PipelineModule, TypeOrmModule.forFeature([ClosureEntity])],
  controllers: [
    HierarchyController,
    PipelineDeletionController,
    TimelineController,
    TreeDeletionController,
    TreeQuestionsController,
  ],
  providers: [
    ExecutionClosureSubscriber,
    HierarchyRepository,
    HierarchyService,
    TimelineRepository,
    TimelineService,
    TreeQuestionsRepository,
    TreeQuestionsService,
    TreeDeletionRepository,
    TreeDeletionService,
    TreeDepthService,
    TreeFailureRepository,
    TreeFailureService,
    TreeMoveRepository,
    TreeMoveService,
  ],
  exports: [TreeDepthService, TreeFailureService],
})
export class HierarchyModule {}
