// The paper's architecture in C on DPDK, written for this comparison with the least overhead we know: see README.md.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include "chain_parts.h"
#include "chain_setup.h"

#define ROUNDS_PER_CLOCK_READ 16
#define DRAIN_SECONDS 2

static uint64_t chain_dropped(const struct chain *chain)
{
	uint64_t dropped = chain->dropped;

	for (uint32_t i = 0; i < chain->config.length; i++)
		dropped += __atomic_load_n(&chain->functions[i].dropped, __ATOMIC_RELAXED);
	return dropped;
}

static int chain_is_drained(const struct chain *chain)
{
	return chain->left + chain_dropped(chain) == chain->generated;
}

static __rte_always_inline void chain_call(struct chain *chain)
{
	struct rte_mbuf *packets[CHAIN_MAX_BURST];
	uint32_t count = chain_receive(chain, packets, 0);

	if (count == 0)
		return;
	for (uint32_t i = 0; i < chain->config.length; i++)
		chain->functions[i].process(&chain->functions[i], packets, count);
	chain_free(chain, packets, count);
	chain->left += count;
}

static __rte_always_inline void chain_round(struct chain *chain, const int receive, const int layout, const int steering, const int runs)
{
	if (receive)
		rx_poll(chain, steering, runs);
	if (layout == CHAIN_TX_AFTER_EACH) {
		for (uint32_t i = 0; i < chain->config.length; i++) {
			nf_poll(chain, &chain->functions[i], 0);
			tx_poll(chain, i, i + 1, steering, runs, 0);
		}
		return;
	}
	if (layout == CHAIN_ONE_CORE) {
		for (uint32_t i = 0; i < chain->config.length; i++)
			nf_poll(chain, &chain->functions[i], 0);
	}
	tx_poll(chain, 0, chain->config.length, steering, runs, layout == CHAIN_TWO_CORES);
}

// The loop proper. The result's packets and time end with the time; what is under way then is worked off afterwards.
static __rte_always_inline void chain_loop(struct chain *chain, uint64_t cycles, struct chain_result *result, const int layout, const int steering, const int runs)
{
	uint64_t begin = rte_rdtsc();
	uint64_t now;

	do {
		for (int i = 0; i < ROUNDS_PER_CLOCK_READ; i++) {
			if (layout == CHAIN_CALLS)
				chain_call(chain);
			else
				chain_round(chain, 1, layout, steering, runs);
		}
		now = rte_rdtsc();
	} while (now - begin < cycles);
	result->packets = chain->left;
	result->nanoseconds = (uint64_t)((double)(now - begin) * 1e9 / (double)rte_get_tsc_hz());

	while (!chain_is_drained(chain) && rte_rdtsc() - now < DRAIN_SECONDS * rte_get_tsc_hz())
		chain_round(chain, 0, layout, steering, runs);
}

#define STEERED(chain, cycles, result, layout, steering) \
	((chain)->config.runs ? chain_loop(chain, cycles, result, layout, steering, 1) : chain_loop(chain, cycles, result, layout, steering, 0))

// One copy of the loop for each combination, with everything that is constant in it compiled in.
static __rte_always_inline void chain_steered(struct chain *chain, uint64_t cycles, struct chain_result *result, const int layout)
{
	switch (chain->config.steering) {
	case CHAIN_DEFAULT:
		STEERED(chain, cycles, result, layout, CHAIN_DEFAULT);
		break;
	case CHAIN_FLOW_TABLE:
		STEERED(chain, cycles, result, layout, CHAIN_FLOW_TABLE);
		break;
	case CHAIN_NAIVE:
		STEERED(chain, cycles, result, layout, CHAIN_NAIVE);
		break;
	default:
		STEERED(chain, cycles, result, layout, CHAIN_CLASSIFIED);
		break;
	}
}

static void *functions_run(void *argument)
{
	struct chain *chain = argument;

	__atomic_store_n(&chain->ready, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&chain->stop, __ATOMIC_RELAXED)) {
		for (uint32_t i = 0; i < chain->config.length; i++)
			nf_poll(chain, &chain->functions[i], 1);
	}
	return NULL;
}

static int core_set(uint32_t core, cpu_set_t *cores)
{
	if (core >= CPU_SETSIZE)
		return EINVAL;
	CPU_ZERO(cores);
	CPU_SET(core, cores);
	return 0;
}

// Binds the caller to its core and starts the other core's thread, if there is one.
static int chain_start(struct chain *chain, void *(*other)(void *), void *argument, cpu_set_t *before, pthread_t *thread)
{
	pthread_attr_t attributes;
	cpu_set_t cores;
	int error = pthread_getaffinity_np(pthread_self(), sizeof(*before), before);

	if (error != 0 || (error = core_set(chain->config.core, &cores)) != 0)
		return error;
	if ((error = pthread_setaffinity_np(pthread_self(), sizeof(cores), &cores)) != 0)
		return error;
	if (other == NULL)
		return 0;

	chain->stop = 0;
	chain->ready = 0;
	error = core_set(chain->config.nf_core, &cores);
	if (error == 0) {
		pthread_attr_init(&attributes);
		pthread_attr_setaffinity_np(&attributes, sizeof(cores), &cores);
		error = pthread_create(thread, &attributes, other, argument);
		pthread_attr_destroy(&attributes);
	}
	if (error != 0) {
		pthread_setaffinity_np(pthread_self(), sizeof(*before), before);
		return error;
	}
	while (!__atomic_load_n(&chain->ready, __ATOMIC_ACQUIRE))
		sched_yield();
	return 0;
}

static void chain_reset(struct chain *chain)
{
	chain->generated = 0;
	chain->left = 0;
	chain->dropped = 0;
	for (uint32_t i = 0; i < chain->config.length; i++) {
		chain->functions[i].packets = 0;
		chain->functions[i].touched = 0;
		chain->functions[i].dropped = 0;
	}
}

static void chain_report(struct chain *chain, struct chain_result *result)
{
	rte_mempool_cache_flush(chain->cache, chain->pool);
	result->generated = chain->generated;
	result->left = chain->left;
	result->dropped = chain_dropped(chain);
	result->missing = chain->pool->size - rte_mempool_avail_count(chain->pool);
	for (uint32_t i = 0; i < chain->config.length; i++) {
		result->hops += chain->functions[i].packets;
		result->touched += chain->functions[i].touched;
	}
}

int chain_run(struct chain *chain, uint64_t nanoseconds, struct chain_result *result)
{
	uint64_t cycles = (uint64_t)((double)nanoseconds * (double)rte_get_tsc_hz() / 1e9);
	int two_cores = chain->config.layout == CHAIN_TWO_CORES;
	cpu_set_t before;
	pthread_t thread;
	int error;

	memset(result, 0, sizeof(*result));
	chain_reset(chain);
	error = chain_start(chain, two_cores ? functions_run : NULL, chain, &before, &thread);
	if (error != 0)
		return error;

	switch (chain->config.layout) {
	case CHAIN_ONE_CORE:
		chain_steered(chain, cycles, result, CHAIN_ONE_CORE);
		break;
	case CHAIN_TX_AFTER_EACH:
		chain_steered(chain, cycles, result, CHAIN_TX_AFTER_EACH);
		break;
	case CHAIN_TWO_CORES:
		chain_steered(chain, cycles, result, CHAIN_TWO_CORES);
		break;
	default:
		chain_loop(chain, cycles, result, CHAIN_CALLS, CHAIN_DEFAULT, 0);
		break;
	}

	if (two_cores) {
		__atomic_store_n(&chain->stop, 1, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
	}
	chain_report(chain, result);
	pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
	return 0;
}

#include "chain_latency.h"
