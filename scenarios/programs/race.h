// SPDX-License-Identifier: Apache-2.0
//
// What the programs that race have in common: processes that work side by side, on all processors,
// for a short time, and the two ways in which a program says that it failed.
//
//   start(kMilliseconds);                 the time that all loops share
//   while (!time_is_up()) ...
//   const pid_t child = spawn(work, 3);   work(3) in a child, which exits with 0 when it returns
//   join(child);                          fails if the child failed
//
// Only time bounds the work, so that a slow machine does less of it and ends as soon. Whoever is
// not done long after that is killed by an alarm. The source that includes this defines
// _GNU_SOURCE.
#pragma once

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kMilliseconds = 150, kAlarmSeconds = 8 };

static long long end_of_time;  // milliseconds of CLOCK_MONOTONIC

// A call failed that must not.
static inline void die(const char* what) {
  perror(what);
  exit(1);
}

// A call answered what it must not, or an object is not as it must be.
static inline void wrong(const char* what, long number) {
  printf("%s: %ld\n", what, number);
  fflush(stdout);
  exit(1);
}

static inline long long now(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_MONOTONIC, &time) == -1) die("clock_gettime");
  return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static inline int time_is_up(void) { return now() >= end_of_time; }

// Makes the program an ordinary one on all processors: whoever starts it may have bound it to one,
// and given it a priority with which processes that wait for each other would wait for ever.
static inline void start(int milliseconds) {
  const struct sched_param ordinary = {.sched_priority = 0};
  (void)sched_setscheduler(0, SCHED_OTHER, &ordinary);
  cpu_set_t all;
  memset(&all, 0xff, sizeof all);
  (void)sched_setaffinity(0, sizeof all, &all);
  (void)alarm(kAlarmSeconds);
  end_of_time = now() + milliseconds;
}

static inline pid_t spawn(void (*work)(int), int argument) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == -1) die("fork");
  if (child == 0) {
    (void)alarm(kAlarmSeconds);  // which fork(2) does not inherit
    work(argument);
    exit(0);
  }
  return child;
}

static inline void join(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) == -1) die("waitpid");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) wrong("a process ended with", status);
}
