// Starts DPDK inside a process that is not a DPDK program: once, quietly, without ports, and without touching the calling thread.
#ifndef REFERENCE_EAL_H
#define REFERENCE_EAL_H

#ifndef _GNU_SOURCE
#error "_GNU_SOURCE must be defined before the first header is included"
#endif

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>

// 384 MiB: enough for the pool, the rings, and a table of a million flows.
#define REFERENCE_EAL_HUGE_PAGES 192

struct reference_eal_start {
	int core;
	int error;
};

static inline long reference_eal_free_huge_pages(void)
{
	long pages = 0;
	FILE *file = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%ld", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages;
}

static inline void *reference_eal_start(void *argument)
{
	struct reference_eal_start *start = argument;
	char core[16];
	char prefix[32];
	// A failed start is final for the process, so which memory to use is decided before it. DPDK 22.11 refuses --in-memory with --no-huge.
	char *huge[] = { "reference", "-l", core, "--file-prefix", prefix, "--no-pci", "--no-telemetry", "--log-level=*:error", "--in-memory", NULL };
	char *plain[] = { "reference", "-l", core, "--file-prefix", prefix, "--no-pci", "--no-telemetry", "--log-level=*:error", "--no-huge", "-m", "1024", NULL };

	snprintf(core, sizeof(core), "%d", start->core);
	snprintf(prefix, sizeof(prefix), "reference%d", (int)getpid());
	if (reference_eal_free_huge_pages() >= REFERENCE_EAL_HUGE_PAGES)
		start->error = rte_eal_init(9, huge) < 0 ? rte_errno : 0;
	else
		start->error = rte_eal_init(11, plain) < 0 ? rte_errno : 0;

	// Another library of this process may have been first: then its memory is there.
	if (start->error == EALREADY && rte_eal_get_physmem_size() > 0)
		start->error = 0;
	return NULL;
}

// 0, or an errno. Can be called again. EAL binds the thread that starts it to one core, and all that thread's children: hence a thread for it.
static inline int reference_eal_init(void)
{
	static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
	static int started = 0;
	struct reference_eal_start start = { 0, 0 };
	cpu_set_t cores;
	pthread_t thread;
	int error = 0;

	pthread_mutex_lock(&once);
	if (!started) {
		CPU_ZERO(&cores);
		pthread_getaffinity_np(pthread_self(), sizeof(cores), &cores);
		while (start.core < CPU_SETSIZE - 1 && !CPU_ISSET(start.core, &cores))
			start.core++;
		error = pthread_create(&thread, NULL, reference_eal_start, &start);
		if (error == 0) {
			pthread_join(thread, NULL);
			error = start.error;
		}
		started = error == 0;
	}
	pthread_mutex_unlock(&once);
	return error;
}

#endif
