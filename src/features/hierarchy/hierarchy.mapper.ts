import { JsonText, withMembers } from '../../platform/http/json-text.js';
import { toExecutionDto } from '../execution/execution.mapper.js';
import type { RelatedExecutionDto, ExecutionTreeDto } from './hierarchy.dto.js';
import type { Relative } from './hierarchy.repository.js';

export function toRelatedExecutionDto({ execution, depth }: Relative): RelatedExecutionDto {
  return { ...toExecutionDto(execution), depth };
}

/**
 * Nests the executions of a subtree. `found` lists parents before their children, the top one first. `texts` holds the
 * JSON of its first entries, one each; executions without a text are missing from the tree.
 */
export function toTree(found: readonly Relative[], texts: readonly string[]): JsonText<ExecutionTreeDto> {
  const children = new Map<number, number[]>();
  for (let index = 1; index < texts.length; index++) {
    const parentId = found[index]?.execution.parentId ?? 0;
    const siblings = children.get(parentId);
    if (siblings) siblings.push(index);
    else children.set(parentId, [index]);
  }
  // The parts are joined once: joining at each level would copy the text once per level.
  const parts: string[] = [];
  const write = (index: number): void => {
    parts.push((texts[index] ?? '').slice(0, -1), ',"child_executions":[');
    const below = children.get(found[index]?.execution.id ?? 0) ?? [];
    for (const [place, child] of below.entries()) {
      if (place > 0) parts.push(',');
      write(child);
      parts.push('}');
    }
    parts.push(']');
  };
  write(0);
  const missing = found[texts.length];
  parts.push(
    withMembers('}', {
      node_count: String(texts.length),
      truncated: String(missing !== undefined),
      truncated_at_depth: String(missing?.depth ?? null),
    }),
  );
  return new JsonText(parts.join(''));
}
