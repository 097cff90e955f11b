/**
 * Runs a limited number of tasks at once, the others in the order of their arrival. Refuses a task after a time limit.
 */
export class Semaphore {
  private readonly queue: (() => void)[] = [];

  /** `refusal` creates the error for a task that has waited for `timeoutMs`. */
  constructor(
    private permits: number,
    private readonly timeoutMs: number,
    private readonly refusal: () => Error,
  ) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.permits > 0) this.permits -= 1;
    else await this.nextPermit();
    try {
      return await task();
    } finally {
      // A permit passes directly to the next task in the queue and is never free in between.
      const next = this.queue.shift();
      if (next) next();
      else this.permits += 1;
    }
  }

  private nextPermit(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.queue.splice(this.queue.indexOf(enter), 1);
        reject(this.refusal());
      }, this.timeoutMs);
      this.queue.push(enter);
    });
  }
}
