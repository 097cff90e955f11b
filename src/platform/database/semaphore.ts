/** Lets so many tasks run at once, the others in the order of their arrival. A task that waits too long is refused. */
export class Semaphore {
  private readonly queue: (() => void)[] = [];

  /** `refusal` makes the error of a task that has waited for `timeoutMs`. */
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
      // A permit goes straight to the next in the queue, and is never free in between.
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
