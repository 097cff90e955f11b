import { isStorable } from '../values/exact-json.js';

/** The most levels of a metadata object; PostgreSQL and common JSON libraries can read so many. */
const MAX_NESTING = 100;

const BEYOND_A_DOUBLE = 'must not hold a number beyond the range of a double';

/**
 * The reason why a parsed JSON value cannot be stored, or undefined: a NUL character or a lone surrogate (PostgreSQL's
 * text has neither), a number beyond a double (it would come back as null), or nesting beyond {@link MAX_NESTING}. It
 * does not recurse, because the value may nest deeply.
 */
export function findUnstorable(root: unknown): string | undefined {
  const pending: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, depth } = next;
    if (typeof value === 'string') {
      const problem = textProblem(value);
      if (problem) return problem;
    } else if (JSON.isRawJSON(value)) {
      if (!isStorable(value)) return BEYOND_A_DOUBLE;
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value)) return BEYOND_A_DOUBLE;
    } else if (typeof value === 'object' && value !== null) {
      if (depth >= MAX_NESTING) return `must not nest deeper than ${MAX_NESTING} levels`;
      for (const [key, child] of Object.entries(value)) {
        const problem = textProblem(key);
        if (problem) return problem;
        pending.push({ value: child, depth: depth + 1 });
      }
    }
  }
  return undefined;
}

function textProblem(text: string): string | undefined {
  if (text.includes('\0')) return 'must not hold a NUL character';
  if (!text.isWellFormed()) return 'must not hold a lone surrogate (half of a character)';
  return undefined;
}
