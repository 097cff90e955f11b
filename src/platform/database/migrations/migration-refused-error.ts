/** Thrown by a migration that needs somebody to change data first; its message is one line that says what. */
export class MigrationRefusedError extends Error {}
