import { JsonText, withMembers } from '../../platform/http/json-text.js';
import { toExecutionDto } from '../execution/execution.mapper.js';
import type { RelatedExecutionDto, ExecutionTreeDto } from './hierarchy.dto.js';
import type { Relative } from './hierarchy.repository.js';

export function toRelatedExecutionDto({ execution, depth }: Relative): RelatedExecutionDto {
  return { ...toExecutionDto(execution), depth };
}

/**
 * Nests the executions of a subtree: those that were found, parents before their children, the top one first. `texts` are
 * the JSON of the first of them, one each; the rest is missing from the tree.
 */
export function toTree(found: readonly Relative[], texts: readonly string[]): JsonText<ExecutionTreeDto> {
  const children = new Map<number, number[]>();
  for (let index = 1; index < texts.length; index++) {
    const parentId = found[index]?.execution.parentId ?? 0;
    const siblings = children.get(parentId);
    if (siblings) siblings.push(index);
    else children.set(parentId, [index]);
  }
  // The parts are put together once: a text for each level would be copied as often as the tree is deep.
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
