#ifdef __cplusplus
extern "C" {
#endif
int whole(void);
#ifdef __cplusplus
}
#endif

static int
#ifdef TRACE
run(int job, int trace)
#else
run(int job)
#endif
{
  if (job)
#ifdef TRACE
    start(trace);
#else
    begin(job);
#endif
#if 0
  while (never(job)) {
#else
  while (ready(job)) {
#endif
    step(job,
#ifdef TRACE
         trace,
#endif
         last(job));
  }
  return finish(job);
}

#ifdef WIDE
int width(void) { return wide(); }
#else
int width(void) { return narrow(); }
#endif

int after(void) { return run(1); }

int chosen(int job) {
  int state =
#ifdef WIDE
      wide();
#else
      narrow();
#endif
  if (job) return state;
#ifdef TRACE
  else if (state) return trace(job);
  else
#endif
  return job;
}

int last(int job) {
  if (job == 1) return 1;
#ifdef TRACE
  else if (job == 2) return 2;
#endif
  else if (job == 3)
    return 3;
#if 0
  if (never(job))
#endif
    return 4;
}
