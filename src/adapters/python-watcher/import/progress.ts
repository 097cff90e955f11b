import { figure } from './import-step.js';

const EVERY_MS = 1000;

/** Prints how far a step has come, and its rate, once a second. */
export class Progress {
  private readonly begun = performance.now();
  private printed = this.begun;
  private rows = 0;

  constructor(
    private readonly what: string,
    private readonly total: number,
    private readonly print: (line: string) => void,
  ) {}

  add(rows: number): void {
    this.rows += rows;
    if (performance.now() - this.printed < EVERY_MS) return;
    this.printed = performance.now();
    this.print(`${this.what}: ${figure(this.rows)} of ${figure(this.total)}, ${figure(this.rate)} rows/s`);
  }

  end(): void {
    this.print(`${this.what}: ${figure(this.rows)} read in ${this.seconds.toFixed(1)} s, ${figure(this.rate)} rows/s`);
  }

  private get seconds(): number {
    return (performance.now() - this.begun) / 1000;
  }

  private get rate(): number {
    return this.rows / Math.max(this.seconds, 0.001);
  }
}
