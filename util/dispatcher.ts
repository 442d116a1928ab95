import { type ObjectRef, wait } from "../mod.ts";
import { Fifo } from "./fifo.ts";

interface Job<Worker> {
  start(worker: Worker): Promise<void>;
  refuse(reason: Error): void;
}

/**
 * Gives each call to the next idle worker, one call a worker at a time, in the order asked. The moment a
 * call is done, however it ended, its worker takes the next.
 */
export class Dispatcher<Worker> {
  #idle: Fifo<Worker> = new Fifo();
  #jobs: Fifo<Job<Worker>> = new Fifo();
  #busy = 0;
  #closed: Error | undefined;

  /** How many workers there are, idle and busy. */
  get size(): number {
    return this.#idle.length + this.#busy;
  }

  get idle(): number {
    return this.#idle.length;
  }

  /** Adds a worker; it takes a waiting call at once. */
  add(worker: Worker): void {
    this.#idle.push(worker);
    this.#advance();
  }

  /** Takes an idle worker out; `undefined` when all are busy. */
  remove(): Worker | undefined {
    return this.#idle.shift();
  }

  /** Resolves, once the call is done, with its ref, whose value or error it leaves to the caller to get. */
  run<R>(call: (worker: Worker) => ObjectRef<R>): Promise<ObjectRef<R>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      const start = async (worker: Worker): Promise<void> => {
        try {
          const ref = call(worker);
          await wait([ref], { fetchLocal: false });
          resolve(ref);
        } catch (error) {
          reject(error);
        }
      };
      this.#jobs.push({ start, refuse: reject });
      this.#advance();
    });
  }

  /** Refuses the calls that have not started, and all later ones, with `reason`. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const job of this.#jobs.drain()) job.refuse(reason);
  }

  #advance(): void {
    while (this.#jobs.length > 0 && this.#idle.length > 0) {
      const worker = this.#idle.shift() as Worker;
      const job = this.#jobs.shift() as Job<Worker>;
      this.#busy++;
      void job.start(worker).then(() => {
        this.#busy--;
        this.add(worker);
      });
    }
  }
}
