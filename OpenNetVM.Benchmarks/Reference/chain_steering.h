// A chain's data, and how a packet finds and reaches its next hop. Everything here is inlined into loops that know the way of steering.
#ifndef CHAIN_STEERING_H
#define CHAIN_STEERING_H

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>
#include "chain_flows.h"
#include "chain_reference.h"

enum action { ACTION_NEXT = 0, ACTION_TO = 1, ACTION_DROP = 2 };

// A packet's metadata: 4 bytes beside the RSS hash, in the line of the mbuf that RX and everybody after it touch anyway. (A dynamic field would lie
// in the second line.) Read and written as one word, so that no load waits for a narrower store.
union metadata {
	uint32_t word;
	struct {
		uint8_t action;
		uint8_t index; // of the packet's step in its chain
		uint8_t chain;
		uint8_t destination;
	};
};

#define METADATA(mbuf) ((mbuf)->hash.fdir.hi)
#define BEFORE_FIRST 0xff

struct function {
	struct rte_ring *receive;
	struct rte_ring *transmit;
	void (*process)(struct function *function, struct rte_mbuf **packets, uint32_t count);
	uint64_t packets;
	uint64_t touched;
	uint64_t dropped;
} __rte_cache_aligned;

// Packets that are gathered for one destination.
struct output {
	uint32_t count;
	struct rte_mbuf *packets[CHAIN_MAX_BURST];
} __rte_cache_aligned;

struct chain {
	struct chain_config config;
	struct rte_mempool *pool;
	struct rte_mempool_cache *cache; // of the core with RX and TX, which alone takes and gives back buffers in bulk
	struct flows flows;
	uint64_t rearm;
	uint64_t window; // packets under way at most: no ring can overflow, as a source that waits would have it
	uint32_t arrival;
	uint64_t generated;
	uint64_t left;
	uint64_t dropped;
	uint8_t steps[CHAIN_MAX_CHAINS][CHAIN_MAX_LENGTH + 1]; // destinations: a function's number, or the length of the chain for the way out
	struct output outputs[CHAIN_MAX_LENGTH + 1];
	struct function functions[CHAIN_MAX_LENGTH];
	int stop __rte_cache_aligned;
	int ready __rte_cache_aligned;
};

// Packets have one segment and one reference, all from one pool: what drivers free without looking (MBUF_FAST_FREE).
static __rte_always_inline void chain_free(struct chain *chain, struct rte_mbuf **packets, uint32_t count)
{
	rte_mempool_generic_put(chain->pool, (void **)packets, count, chain->cache);
}

static __rte_always_inline void chain_deliver(struct chain *chain, uint32_t destination, struct rte_mbuf **packets, uint32_t count)
{
	uint32_t taken;

	if (destination == chain->config.length) {
		chain_free(chain, packets, count);
		chain->left += count;
		return;
	}
	taken = rte_ring_sp_enqueue_burst(chain->functions[destination].receive, (void **)packets, count, NULL);
	if (unlikely(taken < count)) {
		chain_free(chain, packets + taken, count - taken);
		chain->dropped += count - taken;
	}
}

static __rte_always_inline void chain_flush(struct chain *chain)
{
	for (uint32_t i = 0; i <= chain->config.length; i++) {
		struct output *output = &chain->outputs[i];

		if (output->count == 0)
			continue;
		chain_deliver(chain, i, output->packets, output->count);
		output->count = 0;
	}
}

static __rte_always_inline void chain_look_up(struct chain *chain, struct rte_mbuf **packets, uint32_t count, const int naive, uint8_t *chains)
{
	struct flow_key keys[CHAIN_MAX_BURST];
	const void *pointers[CHAIN_MAX_BURST];
	hash_sig_t hashes[CHAIN_MAX_BURST];
	void *data[CHAIN_MAX_BURST];
	uint64_t hits = 0;

	if (naive) {
		for (uint32_t i = 0; i < count; i++) {
			flow_key_read(rte_pktmbuf_mtod(packets[i], const uint8_t *), &keys[0]);
			chains[i] = rte_hash_lookup_data(chain->flows.table, &keys[0], &data[0]) >= 0 ? (uint8_t)(uintptr_t)data[0] : 0;
		}
		return;
	}

	for (uint32_t i = 0; i < count; i++) {
		flow_key_read(rte_pktmbuf_mtod(packets[i], const uint8_t *), &keys[i]);
		pointers[i] = &keys[i];
		hashes[i] = packets[i]->hash.rss;
	}
	rte_hash_lookup_with_hash_bulk_data(chain->flows.table, pointers, hashes, count, &hits, data);
	for (uint32_t i = 0; i < count; i++)
		chains[i] = hits & (1ull << i) ? (uint8_t)(uintptr_t)data[i] : 0;
}

static __rte_always_inline uint32_t chain_decide(const struct chain *chain, union metadata *metadata)
{
	if (likely(metadata->action == ACTION_NEXT)) {
		metadata->index++;
		metadata->destination = chain->steps[metadata->chain][metadata->index];
	} else if (metadata->action == ACTION_DROP) {
		metadata->destination = (uint8_t)chain->config.length;
	}
	return metadata->destination;
}

// Sends each packet on its way. `chains` is what a lookup found, or null: then the packet's metadata knows its chain. As neighbours mostly go to
// the same destination, the count of the current one is kept in a register.
static __rte_always_inline void chain_steer(struct chain *chain, struct rte_mbuf **packets, uint32_t count, const uint8_t *chains)
{
	uint32_t current = 0;
	struct output *output = &chain->outputs[current];
	uint32_t gathered = output->count;

	for (uint32_t i = 0; i < count; i++) {
		union metadata metadata = { .word = METADATA(packets[i]) };
		uint32_t destination;

		if (chains != NULL)
			metadata.chain = chains[i];
		destination = chain_decide(chain, &metadata);
		METADATA(packets[i]) = metadata.word;
		if (unlikely(destination != current)) {
			output->count = gathered;
			current = destination;
			output = &chain->outputs[current];
			gathered = output->count;
		}
		output->packets[gathered++] = packets[i];
		if (unlikely(gathered == CHAIN_MAX_BURST)) {
			chain_deliver(chain, destination, output->packets, CHAIN_MAX_BURST);
			gathered = 0;
		}
	}
	output->count = gathered;
}

// The same for neighbours with equal metadata at once, which are moved from where they lie.
static __rte_always_inline void chain_steer_runs(struct chain *chain, struct rte_mbuf **packets, uint32_t count, const uint8_t *chains)
{
	for (uint32_t start = 0, end; start < count; start = end) {
		uint32_t word = METADATA(packets[start]);
		union metadata metadata = { .word = word };
		uint32_t destination;

		if (chains != NULL)
			metadata.chain = chains[start];
		destination = chain_decide(chain, &metadata);
		METADATA(packets[start]) = metadata.word;
		for (end = start + 1; end < count && METADATA(packets[end]) == word && (chains == NULL || chains[end] == metadata.chain); end++)
			METADATA(packets[end]) = metadata.word;
		chain_deliver(chain, destination, packets + start, end - start);
	}
}

static __rte_always_inline void chain_route(struct chain *chain, struct rte_mbuf **packets, uint32_t count, const int look_up, const int naive, const int runs)
{
	uint8_t chains[CHAIN_MAX_BURST];

	if (look_up)
		chain_look_up(chain, packets, count, naive, chains);
	if (runs)
		chain_steer_runs(chain, packets, count, look_up ? chains : NULL);
	else
		chain_steer(chain, packets, count, look_up ? chains : NULL);
}

#endif
