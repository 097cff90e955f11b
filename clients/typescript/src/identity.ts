/** The parent of a run as a start names it; without fields for a run that has none. */
export interface ParentFields {
  readonly parent_id?: number;
  readonly parent_external_id?: string;
  readonly parent_pipeline_name?: string;
  readonly parent_pipeline_namespace?: string;
}

/** What others need to know of a run: those below it, and processes that it starts. */
export interface RunIdentity {
  readonly id: number | undefined;
  readonly runId: string;
  readonly pipeline: string;
  readonly namespace: string;
  readonly active: boolean;
  readonly watermark: string | null | undefined;
  readonly parent: ParentFields;
}
