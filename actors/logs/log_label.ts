const JOB_END = "\x1d";

/** Which call printed a line, as one text: its job, and the name of the task or actor; both may be empty. */
export function logLabel(jobId: string, name: string): string {
  return jobId === "" && name === "" ? "" : `${jobId}${JOB_END}${name}`;
}

/** A text without a job is a name. */
export function readLabel(label: string): { readonly jobId: string; readonly name: string } {
  const end = label.indexOf(JOB_END);
  return end < 0 ? { jobId: "", name: label } : { jobId: label.slice(0, end), name: label.slice(end + 1) };
}
