/** The session of this thread. */
export {
  awaiting,
  closeSession,
  currentSession,
  neverInShadow,
  openSession,
  type Session,
  session,
  setStarter,
} from "./session.ts";
