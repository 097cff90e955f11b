import { BIG_TABLES } from '../../src/platform/database/sharding/big-tables.js';
import { loadModule, parsePlPgSQLSync, parseSync } from 'libpg-query';

/** The tables that would be sharded, and the views on them. All others would stay in one place. */
const BIG = new Set<string>([
  ...BIG_TABLES.map(({ table }) => table),
  'v_execution',
  'v_execution_tree',
  'v_execution_self_time',
  'v_root_cause',
  'v_blocking',
]);

/** A node of PostgreSQL's parse tree, in its JSON form. */
type Tree = Readonly<Record<string, unknown>>;

/** A table, sub-select or function in FROM, and its name. */
interface Source {
  readonly alias: string;
  readonly kind: 'big' | 'small' | 'other';
  /** The table's own name. */
  readonly table?: string;
}

/** The position of a query in a statement. */
interface Place {
  readonly ctes: ReadonlySet<string>;
  /** The FROM entries of the enclosing queries. */
  readonly around: readonly Source[];
  readonly isTop: boolean;
}

const STATEMENTS = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt'] as const;

/** Whether a statement may use the big tables at all; others are not parsed. */
export function mentionsBig(sql: string): boolean {
  return [...BIG].some((name) => sql.includes(name));
}

/**
 * The parts of a statement that would be refused, slow or wrong if `pipeline_execution` and its closure were sharded
 * by Citus; see docs/adr/0019-big-and-small-tables-apart.md. Empty for a valid statement.
 */
export async function problemsOf(sql: string): Promise<string[]> {
  if (!mentionsBig(sql)) return [];
  await loadModule();
  const problems = new Set<string>();
  for (const { stmt } of parseSync(sql).stmts ?? []) {
    if (!stmt || !mentionsBigTable(stmt)) continue;
    new Inspection(problems).statement(stmt, { ctes: new Set(), around: [], isTop: true });
  }
  return [...problems];
}

/** The statements in the body of a function in PL/pgSQL, of which `sql` is the CREATE FUNCTION. */
export async function statementsOf(sql: string): Promise<string[]> {
  await loadModule();
  const expressions = nodesOf(parsePlPgSQLSync(sql), 'PLpgSQL_expr').flatMap(
    (expression) => textOf(expression, 'query') ?? [],
  );
  // Expressions and assignments are not statements; each that could contain one begins with its keyword.
  return expressions
    .filter((query) => /^\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE|ARRAY\s*\(|(?:NOT\s+)?EXISTS\s*\(|\()/i.test(query))
    .map(asQuery);
}

function asQuery(expression: string): string {
  return /^\s*(?:ARRAY|NOT|EXISTS|\()/i.test(expression) ? `SELECT ${expression}` : expression;
}

class Inspection {
  constructor(private readonly problems: Set<string>) {}

  statement(node: Tree, place: Place): void {
    for (const type of STATEMENTS) {
      const body = node[type] as Tree | undefined;
      if (body) this.query(type, body, place);
    }
  }

  private query(type: (typeof STATEMENTS)[number], body: Tree, place: Place): void {
    const ctes = this.ctes(body, place);
    const target = body['relation'] as Tree | undefined;
    const from = [body['fromClause'], body['usingClause']].flatMap((list) => (list ?? []) as Tree[]);
    const sources = from.flatMap((item) => sourcesOf(item, ctes));
    if (target && type !== 'InsertStmt') sources.push(sourceOf(target, ctes));
    this.level(type, body, sources);
    if (type === 'InsertStmt' && target && BIG.has(textOf(target, 'relname') ?? '') && hasReturning(body)) {
      this.problems.add('INSERT … RETURNING on a big table: several rows come back in no order');
    }
    const inner: Place = { ctes, around: [...place.around, ...sources], isTop: false };
    for (const [key, child] of Object.entries(body)) {
      if (key === 'withClause') continue;
      // The two sides of a set operation, and the SELECT of an INSERT, are at the level of the whole.
      const isSameLevel = key === 'larg' || key === 'rarg' || (type === 'InsertStmt' && key === 'selectStmt');
      if (key === 'larg' || key === 'rarg') this.query('SelectStmt', child as Tree, { ...place, ctes });
      else this.descend(child, isSameLevel ? { ...place, ctes } : inner, sources);
    }
  }

  /** Inspects the common table expressions of a query; returns the known names including theirs. */
  private ctes(body: Tree, place: Place): ReadonlySet<string> {
    const clause = body['withClause'] as Tree | undefined;
    if (!clause) return place.ctes;
    if (!place.isTop) this.problems.add('WITH below the top level: returns nothing, with only a warning');
    const expressions = ((clause['ctes'] ?? []) as Tree[]).map((item) => item['CommonTableExpr'] as Tree);
    const names = new Set([...place.ctes, ...expressions.map((cte) => textOf(cte, 'ctename') ?? '')]);
    for (const cte of expressions) {
      const query = cte['ctequery'] as Tree;
      const isRecursive = nodesOf(query, 'RangeVar').some(({ relname }) => relname === cte['ctename']);
      if (isRecursive && mentionsBigTable(query)) this.problems.add('recursion over a big table: use the closure');
      this.statement(query, { ctes: names, around: [], isTop: false });
    }
    return names;
  }

  private level(type: string, body: Tree, sources: readonly Source[]): void {
    const big = sources.filter(({ kind }) => kind === 'big');
    if (big.length === 0) return;
    if (sources.some(({ kind }) => kind === 'small')) {
      this.problems.add(`big and small tables in one query level: ${sources.map(({ alias }) => alias).join(', ')}`);
    }
    if (body['lockingClause']) this.problems.add('FOR UPDATE (or the like) over a big table');
    const here = withoutSubqueries(body);
    for (const { lexpr, rexpr } of nodesOf(here, 'A_Expr')) {
      const sides = [lexpr, rexpr].map((side) => columnOf(side));
      this.join(sides, big);
    }
    const changes = type === 'UpdateStmt' ? nodesOf(body['targetList'], 'CaseExpr', 'CoalesceExpr') : [];
    if (changes.some(hasNow)) this.problems.add('now() in CASE or COALESCE of an UPDATE of a big table');
  }

  /** An equality of columns of two big tables. */
  private join(sides: readonly (Column | undefined)[], big: readonly Source[]): void {
    const [a, b] = sides;
    if (!a || !b || a.alias === b.alias) return;
    const sourceOfColumn = ({ alias }: Column): Source | undefined => big.find((source) => source.alias === alias);
    if (!sourceOfColumn(a) || !sourceOfColumn(b)) return;
    for (const column of [a, b]) {
      if (column.name === 'parent_id') this.problems.add('self-join on parent_id: use the closure');
      if (column.name === 'parent_execution_id') {
        this.problems.add('join on parent_execution_id: put the filter into a sub-select');
      }
    }
  }

  private descend(node: unknown, place: Place, sources: readonly Source[]): void {
    if (Array.isArray(node)) {
      for (const item of node) this.descend(item, place, sources);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const tree = node as Tree;
    const subselect = tree['RangeSubselect'] as Tree | undefined;
    if (subselect?.['lateral'] && (mentionsBigTable(subselect) || sources.some(({ kind }) => kind === 'big'))) {
      this.problems.add('LATERAL with a big table: use a function');
    }
    const link = tree['SubLink'] as Tree | undefined;
    if (link && mentionsBigTable(link['subselect']) && isCorrelated(link['subselect'] as Tree, place.around)) {
      this.problems.add('correlated sub-select over a big table: use a function');
    }
    if (STATEMENTS.some((type) => type in tree)) this.statement(tree, place);
    else for (const child of Object.values(tree)) this.descend(child, place, sources);
  }
}

function childOf(node: Tree | undefined, key: string): Tree | undefined {
  return node?.[key] as Tree | undefined;
}

function textOf(node: Tree | undefined, key: string): string | undefined {
  const text = node?.[key];
  return typeof text === 'string' ? text : undefined;
}

interface Column {
  readonly alias: string | undefined;
  readonly name: string;
}

function columnOf(node: unknown): Column | undefined {
  const fields = ((node as Tree | undefined)?.['ColumnRef'] as Tree | undefined)?.['fields'] as Tree[] | undefined;
  if (!fields) return undefined;
  const names = fields.map((field) => textOf(childOf(field, 'String'), 'sval') ?? '*');
  return { alias: names.at(-2), name: names.at(-1) ?? '' };
}

function sourcesOf(item: Tree, ctes: ReadonlySet<string>): Source[] {
  const join = item['JoinExpr'] as Tree | undefined;
  if (join) return [join['larg'], join['rarg']].flatMap((side) => sourcesOf(side as Tree, ctes));
  const table = item['RangeVar'] as Tree | undefined;
  if (table) return [sourceOf(table, ctes)];
  const other = (item['RangeSubselect'] ?? item['RangeFunction']) as Tree | undefined;
  return [{ alias: textOf(childOf(other, 'alias'), 'aliasname') ?? '', kind: 'other' }];
}

function sourceOf(table: Tree, ctes: ReadonlySet<string>): Source {
  const name = textOf(table, 'relname') ?? '';
  const alias = textOf(childOf(table, 'alias'), 'aliasname') ?? name;
  if (ctes.has(name) && !table['schemaname']) return { alias, kind: 'other' };
  return { alias, table: name, kind: BIG.has(name) ? 'big' : 'small' };
}

/** Whether a sub-select refers to a name of the enclosing queries only. */
function isCorrelated(select: Tree, around: readonly Source[]): boolean {
  const own = new Set(
    [...nodesOf(select, 'RangeVar'), ...nodesOf(select, 'RangeSubselect'), ...nodesOf(select, 'RangeFunction')].map(
      (item) => textOf(childOf(item, 'alias'), 'aliasname') ?? textOf(item, 'relname') ?? '',
    ),
  );
  const outer = new Set(around.map(({ alias }) => alias));
  return nodesOf(select, 'ColumnRef').some((ref) => {
    const alias = columnOf({ ColumnRef: ref })?.alias;
    return alias !== undefined && !own.has(alias) && outer.has(alias);
  });
}

function hasReturning(body: Tree): boolean {
  return body['returningClause'] !== undefined || body['returningList'] !== undefined;
}

function hasNow(node: Tree): boolean {
  const isNow = ({ funcname }: Tree): boolean => JSON.stringify(funcname).includes('"now"');
  return nodesOf(node, 'FuncCall').some(isNow) || nodesOf(node, 'SQLValueFunction').length > 0;
}

function mentionsBigTable(node: unknown): boolean {
  return [...nodesOf(node, 'RangeVar'), ...relationsOf(node)].some((table) => BIG.has(textOf(table, 'relname') ?? ''));
}

/** The targets of writes, which are not nodes of their own in the tree. */
function relationsOf(node: unknown): Tree[] {
  return STATEMENTS.flatMap((type) => nodesOf(node, type)).flatMap(({ relation }) =>
    relation ? [relation as Tree] : [],
  );
}

/** All nodes of these types in a tree, at any depth. */
function nodesOf(node: unknown, ...types: readonly string[]): Tree[] {
  if (Array.isArray(node)) return node.flatMap((item) => nodesOf(item, ...types));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, child]) => [
    ...(types.includes(key) ? [child as Tree] : []),
    ...nodesOf(child, ...types),
  ]);
}

/** A query without the queries inside it. */
function withoutSubqueries(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutSubqueries);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => !['SubLink', 'RangeSubselect', 'withClause', 'SelectStmt'].includes(key))
      .map(([key, child]) => [key, withoutSubqueries(child)]),
  );
}
