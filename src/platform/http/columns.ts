/** One page of a list as columns of the same length. Becomes an object and a `Link` header. */
export class Columns<T extends object> {
  /** `nextCursor` is that of the next page, where there is one. */
  constructor(
    readonly columns: T,
    readonly nextCursor?: string,
  ) {}
}
