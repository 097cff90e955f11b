import { isObject, type JsonObject } from './json.js';

/** Reads the facets of one event, and notes those that are malformed. */
export class FacetReader {
  readonly skipped: string[] = [];

  /** The facets of a part of the event; none where there is no such object. */
  facets(value: unknown, part: string): JsonObject {
    if (value === undefined || value === null) return {};
    if (isObject(value)) return value;
    this.skip(part);
    return {};
  }

  /**
   * What a facet says; undefined where it is absent, deleted, or malformed, which `read` says by undefined or by an
   * error.
   */
  read<T>(facets: JsonObject, name: string, read: (facet: JsonObject) => T | undefined): T | undefined {
    const facet = facets[name];
    if (facet === undefined || facet === null) return undefined;
    if (isObject(facet)) {
      if (facet['_deleted'] === true) return undefined;
      const value = read(facet);
      if (value !== undefined) return value;
    }
    this.skip(name);
    return undefined;
  }

  private skip(name: string): void {
    if (!this.skipped.includes(name)) this.skipped.push(name);
  }
}
