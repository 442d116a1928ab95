/** For each state, the states it may go to. */
export type Moves<State extends string> = { readonly [from in State]: readonly State[] };

/** A caller asked for a move that the table of moves does not hold. Nothing was changed. */
export class IllegalMoveError extends Error {
  override readonly name: string = "IllegalMoveError";
  readonly code: string = "ILLEGAL_MOVE";
  readonly from: string;
  readonly to: string;

  constructor(what: string, move: { readonly from: string; readonly to: string }) {
    super(`${what} is ${move.from} and can't become ${move.to}.`);
    this.from = move.from;
    this.to = move.to;
  }
}

export function mayMove<State extends string>(moves: Moves<State>, from: State, to: State): boolean {
  return moves[from].includes(to);
}

/** Nothing follows it. */
export function isFinal<State extends string>(moves: Moves<State>, state: State): boolean {
  return moves[state].length === 0;
}

/** Moves `row`, called `what` in errors. @throws IllegalMoveError */
export function move<State extends string>(moves: Moves<State>, row: { state: State }, step: { to: State; what: string }): void {
  if (!mayMove(moves, row.state, step.to)) throw new IllegalMoveError(step.what, { from: row.state, to: step.to });
  row.state = step.to;
}
