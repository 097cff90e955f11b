import { toExecutionDto } from '../execution/execution.mapper.js';
import type { RelatedExecutionDto, ExecutionTreeDto, ExecutionTreeNodeDto } from './hierarchy.dto.js';
import type { Relative } from './hierarchy.repository.js';

export function toRelatedExecutionDto({ execution, depth }: Relative): RelatedExecutionDto {
  return { ...toExecutionDto(execution), depth };
}

/** Nests the executions of a subtree, given parents before their children, the top one first. */
export function toExecutionTreeDto(
  top: Relative,
  subtree: readonly Relative[],
  truncatedAtDepth: number | null,
): ExecutionTreeDto {
  const nodes = new Map<number, ExecutionTreeNodeDto>();
  for (const relative of subtree) {
    const node: ExecutionTreeNodeDto = { ...toRelatedExecutionDto(relative), child_executions: [] };
    nodes.set(node.id, node);
    if (relative.depth > 0 && node.parent_id !== null) nodes.get(node.parent_id)?.child_executions.push(node);
  }
  return {
    ...(nodes.get(top.execution.id) ?? { ...toRelatedExecutionDto(top), child_executions: [] }),
    node_count: subtree.length,
    truncated: truncatedAtDepth !== null,
    truncated_at_depth: truncatedAtDepth,
  };
}
