/* Shifts the wall clock of a process and of its children by CLOCK_SHIFT seconds; preloaded.

   Debian's libfaketime 0.9.10 does this and more, and breaks on the more: Python sleeps until a
   time of the monotonic clock, which it answers with EINVAL, or never. Here the monotonic clock,
   and what waits by it, is left alone. Whatever waits until a time of the shifted wall clock is
   told the true one; a monotonic time is known by being far smaller. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>

/* The C library's own function behind one that is replaced here. */
#define BEHIND(name)                 \
	static __typeof__(&name) behind; \
	if (!behind) behind = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static time_t shift;

__attribute__((constructor)) static void begin(void) {
	const char *text = getenv("CLOCK_SHIFT");
	shift = text ? (time_t)strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
	BEHIND(clock_gettime);
	int failed = behind(clock, at);
	if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) at->tv_sec += shift;
	return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
	(void)zone;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	at->tv_sec = now.tv_sec;
	at->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *at) {
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (at) *at = now.tv_sec;
	return now.tv_sec;
}

int timespec_get(struct timespec *at, int base) {
	return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, at) == 0 ? base : 0;
}

static struct timespec truly(const struct timespec *until) {
	struct timespec now, moved = *until;
	clock_gettime(CLOCK_REALTIME, &now);
	if (moved.tv_sec > now.tv_sec / 2) moved.tv_sec -= shift;
	return moved;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
	static __typeof__(&pthread_cond_timedwait) behind;
	/* On x86-64 the unversioned name may lead to the one of LinuxThreads. */
	const char *version = "GLIBC_2.3.2";
	if (!behind) behind = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", version);
	if (!behind) behind = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
	struct timespec moved = truly(until);
	return behind(condition, mutex, &moved);
}

int pthread_cond_clockwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           clockid_t clock, const struct timespec *restrict until) {
	BEHIND(pthread_cond_clockwait);
	struct timespec moved = truly(until);
	return behind(condition, mutex, clock, &moved);
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex,
                  const struct timespec *restrict until) {
	BEHIND(cnd_timedwait);
	struct timespec moved = truly(until);
	return behind(condition, mutex, &moved);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
	BEHIND(sem_timedwait);
	struct timespec moved = truly(until);
	return behind(semaphore, &moved);
}

int sem_clockwait(sem_t *restrict semaphore, clockid_t clock,
                  const struct timespec *restrict until) {
	BEHIND(sem_clockwait);
	struct timespec moved = truly(until);
	return behind(semaphore, clock, &moved);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex,
                            const struct timespec *restrict until) {
	BEHIND(pthread_mutex_timedlock);
	struct timespec moved = truly(until);
	return behind(mutex, &moved);
}
