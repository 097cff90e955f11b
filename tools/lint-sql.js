/**
 * A custom lint rule: the text of a statement must be constant.
 *
 * Pass values as `$1`; SQL may only contain named constants (`${COLUMNS}`, in capitals), which are as constant as the
 * rest. Checked: every template and `+` in a `*.sql.ts`, and every argument of the methods below, also through a local
 * variable.
 */

/** Methods of TypeORM and `pg` whose first argument is SQL. */
const TAKES_SQL = new Set(['query', 'where', 'andWhere', 'orWhere', 'having', 'andHaving', 'orHaving']);

const isNamedConstant = (node) =>
  (node.type === 'Identifier' && /^[A-Z][A-Z0-9_]*$/.test(node.name)) ||
  (node.type === 'MemberExpression' && isNamedConstant(node.object)) ||
  (node.type === 'MemberExpression' && !node.computed && isNamedConstant(node.property));

const isText = (node) => node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');

/** The first part of this text that is not constant, if any. */
function variablePart(node) {
  if (node.type === 'TemplateLiteral') return node.expressions.find((part) => !isNamedConstant(part));
  if (node.type !== 'BinaryExpression' || node.operator !== '+') return undefined;
  const parts = [node.left, node.right];
  return (
    parts.map(variablePart).find(Boolean) ??
    parts.find((part) => part.type !== 'BinaryExpression' && !isText(part) && !isNamedConstant(part))
  );
}

/** The initial value of a local variable; any other expression is returned unchanged. */
function declaredAs(node, sourceCode) {
  if (node.type !== 'Identifier') return node;
  for (let scope = sourceCode.getScope(node); scope; scope = scope.upper) {
    const variable = scope.set.get(node.name);
    if (variable) return variable.defs[0]?.node.init ?? node;
  }
  return node;
}

const noBuiltSql = {
  meta: { type: 'problem' },
  create(context) {
    const report = (node) =>
      context.report({ node, message: 'SQL text must be constant: pass the value as a parameter ($1).' });
    const check = (node) => {
      const part = node && variablePart(node);
      if (part) report(part);
    };
    if (context.filename.endsWith('.sql.ts')) {
      return { TemplateLiteral: check, BinaryExpression: check };
    }
    return {
      CallExpression({ callee, arguments: [text] }) {
        if (callee.type !== 'MemberExpression' || !TAKES_SQL.has(callee.property.name) || !text) return;
        check(declaredAs(text, context.sourceCode));
      },
    };
  },
};

export default { meta: { name: 'sql' }, rules: { 'no-built-sql': noBuiltSql } };
