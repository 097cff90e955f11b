/**
 * An answer with an entity tag. Becomes its body and an `ETag` header, or a 304 without a body where `If-None-Match`
 * names the tag.
 */
export class Tagged<T extends object> {
  /** `tag` is of visible ASCII characters without quotes. */
  constructor(
    readonly body: T,
    readonly tag: string,
  ) {}
}

/** Whether `If-None-Match` names a tag (RFC 9110); tags compare weakly. */
export function isNotModified(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const named = ifNoneMatch.split(',').map((part) => part.trim().replace(/^W\//, ''));
  return named.includes('*') || named.includes(`"${tag}"`);
}
