import { tidyText } from '../../../platform/values/name.js';
import type { DataSource } from 'typeorm';
import type { SourceDatabase } from './source.js';

/** What the steps of an import share. */
export interface ImportContext {
  /** The name of the source, under which the progress is stored. */
  readonly name: string;
  readonly source: SourceDatabase;
  readonly target: DataSource;
  readonly batchSize: number;
  /** Reports what the import would do, and changes nothing. */
  readonly isDry: boolean;
  /** Prints a line of the report. */
  readonly print: (line: string) => void;
}

/** The most rows that a line of the report names. */
const MOST_NAMED = 20;

/** Numbers as a person reads them. */
export function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** A name as the service stores it: control characters are spaces, and an empty one is the id. */
export function fitName(name: string, id: number): string {
  return tidyText(name.replaceAll(/\p{Cc}/gu, ' ')) || String(id);
}

/** Collects the ids of rows that were changed or refused for one reason. */
export class Notice {
  private readonly first: number[] = [];
  private count = 0;

  constructor(private readonly what: string) {}

  add(id: number): void {
    this.count += 1;
    if (this.first.length < MOST_NAMED) this.first.push(id);
  }

  /** Prints them, if there are any. */
  print(print: (line: string) => void): void {
    if (this.count === 0) return;
    const more = this.count > this.first.length ? ', …' : '';
    print(`  ${figure(this.count)} ${this.what}: ${this.first.join(', ')}${more}`);
  }
}
