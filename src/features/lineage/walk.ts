export type Direction = 'upstream' | 'downstream';

/** A dataset that a walk reached, and in how many steps at least. */
export interface WalkedDataset {
  readonly id: number;
  readonly depth: number;
}

/** The most datasets that a walk reaches. */
export const MOST_WALKED = 10_000;
/** The most levels of a walk. */
export const MOST_LEVELS = 1000;

/** What a walk reached. */
export interface Walk {
  /** Without the datasets from which it began; by depth, then id. */
  readonly reached: readonly WalkedDataset[];
  readonly withOrigins: readonly WalkedDataset[];
  /** The first level with missing datasets; null if none are missing. */
  readonly truncatedAtDepth: number | null;
}

/** Orders what the database found, and says what a limit cut. */
export function walkOf(
  origins: readonly number[],
  { ids, depths }: { readonly ids: readonly number[]; readonly depths: readonly number[] },
  most: number,
): Walk {
  const first = new Set(origins);
  const found = ids
    .map((id, index): WalkedDataset => ({ id, depth: depths[index] ?? 0 }))
    .sort((a, b) => a.depth - b.depth || a.id - b.id);
  const others = found.filter(({ id }) => !first.has(id));
  const tooDeep = others.findIndex(({ depth }) => depth > MOST_LEVELS);
  const kept = Math.min(most, tooDeep === -1 ? others.length : tooDeep);
  const reached = others.slice(0, kept);
  return {
    reached,
    withOrigins: [...origins.map((id) => ({ id, depth: 0 })), ...reached],
    truncatedAtDepth: others[kept]?.depth ?? null,
  };
}
