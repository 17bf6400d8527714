// What is polled: RX, functions and TX. Everything here is inlined into loops that know the layout and the way of steering at compile time.
#ifndef CHAIN_PARTS_H
#define CHAIN_PARTS_H

#include <rte_memcpy.h>
#include <rte_prefetch.h>
#include "chain_steering.h"

// Buffers from the pool with a frame in each, filled in as a driver's vector path does it; the copy stands for the NIC's.
static __rte_always_inline uint32_t chain_receive(struct chain *chain, struct rte_mbuf **packets, uint8_t index)
{
	const union metadata fresh = { .action = ACTION_NEXT, .index = index };
	uint32_t burst = chain->config.burst;

	if (chain->generated - chain->left - chain->dropped + burst > chain->window)
		return 0;
	if (unlikely(rte_mempool_generic_get(chain->pool, (void **)packets, burst, chain->cache) != 0))
		return 0;
	for (uint32_t i = 0; i < burst; i++) {
		struct rte_mbuf *packet = packets[i];
		const struct arrival arrival = chain->flows.arrivals[chain->arrival++ & chain->flows.mask];
		uint8_t *data;

		memcpy((uint8_t *)packet + offsetof(struct rte_mbuf, rearm_data), &chain->rearm, sizeof(chain->rearm));
		packet->ol_flags = RTE_MBUF_F_RX_RSS_HASH;
		packet->pkt_len = chain->flows.frame_length;
		packet->data_len = chain->flows.frame_length;
		packet->hash.rss = arrival.rss;
		METADATA(packet) = fresh.word;
		data = (uint8_t *)packet->buf_addr + RTE_PKTMBUF_HEADROOM;
		if (chain->flows.frame_length == FRAME_SHORTEST)
			rte_mov64(data, chain->flows.frame);
		else
			rte_memcpy(data, chain->flows.frame, chain->flows.frame_length);
		memcpy(data + FRAME_SOURCE, &arrival.source, sizeof(arrival.source));
	}
	chain->generated += burst;
	return burst;
}

static __rte_always_inline void rx_poll(struct chain *chain, const int steering, const int runs)
{
	struct rte_mbuf *packets[CHAIN_MAX_BURST];
	uint32_t count;

	if (steering == CHAIN_DEFAULT) {
		// All packets go to the first function: nothing to decide, nothing to gather.
		count = chain_receive(chain, packets, 0);
		if (count > 0)
			chain_deliver(chain, chain->steps[0][0], packets, count);
		return;
	}
	count = chain_receive(chain, packets, BEFORE_FIRST);
	if (count == 0)
		return;
	chain_route(chain, packets, count, 1, steering == CHAIN_NAIVE, runs);
	chain_flush(chain);
}

// What function number `first` and those behind it, up to `end`, have handled.
static __rte_always_inline void tx_poll(struct chain *chain, uint32_t first, uint32_t end, const int steering, const int runs, const int prefetch)
{
	struct rte_mbuf *packets[CHAIN_MAX_BURST];
	const int look_up = steering == CHAIN_FLOW_TABLE || steering == CHAIN_NAIVE;

	for (uint32_t i = first; i < end; i++) {
		uint32_t count = rte_ring_sc_dequeue_burst(chain->functions[i].transmit, (void **)packets, chain->config.burst, NULL);

		if (count == 0)
			continue;
		if (prefetch) {
			for (uint32_t j = 0; j < count; j++)
				rte_prefetch0_write(packets[j]);
		}
		chain_route(chain, packets, count, look_up, steering == CHAIN_NAIVE, runs);
	}
	chain_flush(chain);
}

static __rte_always_inline void nf_poll(struct chain *chain, struct function *function, const int prefetch)
{
	struct rte_mbuf *packets[CHAIN_MAX_BURST];
	uint32_t count = rte_ring_sc_dequeue_burst(function->receive, (void **)packets, chain->config.burst, NULL);
	uint32_t taken;

	if (count == 0)
		return;
	if (prefetch) {
		for (uint32_t i = 0; i < count; i++) {
			rte_prefetch0_write(packets[i]);
			// All mbufs are of one pool: where the data is need not be read from the mbuf.
			rte_prefetch0((uint8_t *)packets[i] + sizeof(struct rte_mbuf) + RTE_PKTMBUF_HEADROOM);
		}
	}
	function->process(function, packets, count);
	taken = rte_ring_sp_enqueue_burst(function->transmit, (void **)packets, count, NULL);
	if (unlikely(taken < count)) {
		rte_mempool_generic_put(chain->pool, (void **)(packets + taken), count - taken, NULL);
		__atomic_fetch_add(&function->dropped, count - taken, __ATOMIC_RELAXED);
	}
}

// A function that reads the packet's first byte and leaves the packet to its chain: once per burst, as the fastest C function would be.
static void __rte_noinline touch(struct function *function, struct rte_mbuf **packets, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		union metadata metadata = { .word = METADATA(packets[i]) };

		sum += *rte_pktmbuf_mtod(packets[i], const uint8_t *);
		metadata.action = ACTION_NEXT;
		METADATA(packets[i]) = metadata.word;
	}
	function->touched += sum;
	function->packets += count;
}

#endif
