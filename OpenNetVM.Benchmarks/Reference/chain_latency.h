// The last part of chain_reference.c: the way from one function through TX to the next, a packet at a time.
#ifndef CHAIN_LATENCY_H
#define CHAIN_LATENCY_H

#define LATENCY_PACKETS 256

struct latency {
	struct chain *chain;
	struct rte_mbuf *packets[LATENCY_PACKETS];
	uint32_t count;
	uint64_t samples;
	uint64_t gap;    // cycles
	uint64_t bucket; // cycles
	uint32_t *counts;
	uint32_t buckets;
	int ended __rte_cache_aligned;
};

// The functions' core. Both stamps are its own, so the cores' clocks need not agree.
static void *latency_functions(void *argument)
{
	struct latency *latency = argument;
	struct function *from = &latency->chain->functions[0];
	struct function *to = &latency->chain->functions[1];

	__atomic_store_n(&latency->chain->ready, 1, __ATOMIC_RELEASE);
	for (uint64_t i = 0; i < latency->samples; i++) {
		struct rte_mbuf *packet = latency->packets[i % latency->count];
		const union metadata at_first = { .action = ACTION_NEXT, .index = 0 };
		unsigned int processor;
		uint64_t begin, end, bucket;

		METADATA(packet) = at_first.word;
		from->process(from, &packet, 1);
		begin = rte_rdtsc();
		rte_ring_sp_enqueue(from->transmit, packet);
		while (rte_ring_sc_dequeue(to->receive, (void **)&packet) != 0)
			;
		// Not before the packet is here, as a plain rdtsc might.
		end = __rdtscp(&processor);
		to->process(to, &packet, 1);
		bucket = (end - begin) / latency->bucket;
		latency->counts[RTE_MIN(bucket, (uint64_t)latency->buckets - 1)]++;
		while (rte_rdtsc() - end < latency->gap)
			;
	}
	__atomic_store_n(&latency->ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

#define LATENCY_POLL(latency, steering) \
	while (!__atomic_load_n(&(latency)->ended, __ATOMIC_ACQUIRE)) \
		tx_poll((latency)->chain, 0, (latency)->chain->config.length, steering, 0, 0)

static void latency_transmit(struct latency *latency)
{
	switch (latency->chain->config.steering) {
	case CHAIN_FLOW_TABLE:
		LATENCY_POLL(latency, CHAIN_FLOW_TABLE);
		break;
	case CHAIN_NAIVE:
		LATENCY_POLL(latency, CHAIN_NAIVE);
		break;
	default:
		LATENCY_POLL(latency, CHAIN_DEFAULT);
		break;
	}
}

int chain_latency(struct chain *chain, uint64_t samples, uint64_t gap, uint64_t bucket, uint32_t *counts, uint32_t buckets, struct chain_result *result)
{
	double cycles = (double)rte_get_tsc_hz() / 1e9;
	struct latency latency = {
		.chain = chain, .samples = samples, .gap = (uint64_t)((double)gap * cycles), .bucket = RTE_MAX((uint64_t)((double)bucket * cycles), (uint64_t)1),
		.counts = counts, .buckets = buckets,
	};
	cpu_set_t before;
	pthread_t thread;
	uint64_t begin;
	int error;

	if (chain->config.layout != CHAIN_TWO_CORES || chain->config.length < 2 || buckets == 0)
		return EINVAL;
	memset(result, 0, sizeof(*result));
	memset(counts, 0, buckets * sizeof(*counts));
	chain_reset(chain);
	while (latency.count + chain->config.burst <= LATENCY_PACKETS && chain_receive(chain, latency.packets + latency.count, 0) > 0)
		latency.count += chain->config.burst;

	begin = rte_rdtsc();
	error = chain_start(chain, latency_functions, &latency, &before, &thread);
	if (error == 0) {
		latency_transmit(&latency);
		pthread_join(thread, NULL);
		pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
	}
	result->packets = samples;
	result->nanoseconds = (uint64_t)((double)(rte_rdtsc() - begin) / cycles);
	chain_free(chain, latency.packets, latency.count);
	chain->left = latency.count;
	chain_report(chain, result);
	return error;
}

#endif
