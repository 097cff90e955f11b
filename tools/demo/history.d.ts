/** The types of `history.js` for the test. */
export declare class History {
  constructor(seed: number, now: number, days: number);
  readonly runs: readonly {
    readonly step: { readonly name: string };
    readonly start: number;
    readonly end: number | null;
    readonly status: string;
    readonly rows?: number;
  }[];
}
