import type { PipelineChangeEntity } from '../../pipeline/pipeline-change.entity.js';
import type { PipelineChangeDto, WatermarkMoveDto } from './pipeline-history.dto.js';
import type { WatermarkMove } from './watermark-moves.js';

export function toChangeDto(change: PipelineChangeEntity): PipelineChangeDto {
  return {
    at: change.changedAt.toISOString(),
    by: change.changedBy,
    kind: change.kind,
    before: change.before,
    after: change.after,
    execution_id: null,
  };
}

/** A move by an execution, as a change of the pipeline. */
export function toMoveChangeDto(move: WatermarkMove): PipelineChangeDto {
  const { at, by, before, after, execution_id } = toWatermarkMoveDto(move);
  return { at, by, kind: 'watermark', before: { watermark: before }, after: { watermark: after }, execution_id };
}

export function toWatermarkMoveDto(move: WatermarkMove): WatermarkMoveDto {
  return {
    at: new Date(move.recordedAt).toISOString(),
    by: move.by,
    before: move.before,
    after: move.watermark,
    execution_id: move.executionId,
  };
}
