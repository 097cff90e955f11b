import { getMetadataStorage } from 'class-validator';

type Storage = ReturnType<typeof getMetadataStorage>;
type Rules = ReturnType<Storage['getTargetValidationMetadatas']>;

/**
 * Makes class-validator look up the rules of a class once. By itself it goes through the rules of all classes for each
 * object that it validates, so that a request would cost more with each new DTO. The service validates without groups
 * and schemas, so the rules depend on the class alone. Call it once.
 */
export function rememberValidationRules(): void {
  const storage = getMetadataStorage();
  const find = storage.getTargetValidationMetadatas.bind(storage);
  const group = storage.groupByPropertyName.bind(storage);
  const rules = new Map<Parameters<typeof find>[0], Rules>();
  const grouped = new WeakMap<Rules, ReturnType<typeof group>>();
  storage.getTargetValidationMetadatas = (target, ...options) => {
    const known = rules.get(target) ?? find(target, ...options);
    rules.set(target, known);
    return known;
  };
  storage.groupByPropertyName = (metadata) => {
    const known = grouped.get(metadata) ?? group(metadata);
    grouped.set(metadata, known);
    return known;
  };
}
