// What the caller of chain_reference.c sees. ChainReference.cs has the same structures: change both.
#ifndef CHAIN_REFERENCE_H
#define CHAIN_REFERENCE_H

#include <stdint.h>

#define CHAIN_MAX_LENGTH 16
#define CHAIN_MAX_BURST 64
#define CHAIN_MAX_CHAINS 4

// Who polls what.
enum chain_layout {
	CHAIN_ONE_CORE = 0,      // a ring pair per function; one core polls RX, all functions, then TX for all of them
	CHAIN_TX_AFTER_EACH = 1, // the same, but TX is polled after each function for that one: a burst runs to its end before the next comes
	CHAIN_TWO_CORES = 2,     // RX and TX on one core, all functions on another
	CHAIN_CALLS = 3,         // one core, no rings: a burst goes from function to function by calls through pointers
};

// How RX and TX find a packet's next hop.
enum chain_steering {
	CHAIN_DEFAULT = 0,    // the default chain: the step behind the packet's chain index
	CHAIN_FLOW_TABLE = 1, // rte_hash at RX and at every hop, with the RSS hash, in bulk
	CHAIN_NAIVE = 2,      // rte_hash at RX and at every hop, packet by packet, hashing the five-tuple each time
	CHAIN_CLASSIFIED = 3, // rte_hash in bulk at RX only; the chain found there stays in the packet's metadata
};

struct chain_config {
	uint32_t layout;
	uint32_t steering;
	uint32_t runs;      // not 0: neighbours with equal metadata are steered and moved together
	uint32_t length;    // functions in the chain: 0 to CHAIN_MAX_LENGTH
	uint32_t burst;     // 1 to CHAIN_MAX_BURST
	uint32_t ring_size; // a power of two; a ring holds one less
	uint32_t flows;     // 1 or more
	uint32_t chains;    // that the flow table gives to the flows in turn, 1 to CHAIN_MAX_CHAINS; all with the same functions
	uint32_t core;      // of RX and TX, or of everything
	uint32_t nf_core;   // of the functions, for two cores
	uint32_t frame_length; // bytes of every frame, 64 to 1518, without FCS
};

struct chain_result {
	uint64_t packets;     // that left the chain within the time
	uint64_t nanoseconds; // the time, as it was
	uint64_t generated;   // including those that left after the time
	uint64_t left;        // the same at the other end: generated = left + dropped, or packets were lost
	uint64_t dropped;     // because a ring was full
	uint64_t hops;        // packets handled by functions
	uint64_t touched;     // sum of the bytes that the functions read
	uint64_t missing;     // buffers that are not back in the pool
};

struct chain;

// 0 or an errno, as all functions that return int. DPDK has been started before.
int chain_create(const struct chain_config *config, struct chain **chain);
void chain_destroy(struct chain *chain);

// Runs for a time, then works off what is under way. The calling thread is one of those that poll.
int chain_run(struct chain *chain, uint64_t nanoseconds, struct chain_result *result);

// Two cores, two or more functions: one packet at a time from the first function through TX to the second, `samples` times, the next one `gap`
// nanoseconds after the last has arrived. counts[i] is how many took i to i + 1 times `bucket` nanoseconds; the last also has all that took longer.
int chain_latency(struct chain *chain, uint64_t samples, uint64_t gap, uint64_t bucket, uint32_t *counts, uint32_t buckets, struct chain_result *result);

#endif
