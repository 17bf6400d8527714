// The traffic and the flow table: frames of one size, differing in their source address, and rte_hash from five-tuple to chain.
#ifndef CHAIN_FLOWS_H
#define CHAIN_FLOWS_H

#include <errno.h>
#include <string.h>
#include <immintrin.h>
#include <rte_byteorder.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_jhash.h>
#include <rte_malloc.h>

#define FRAME_SHORTEST 64
#define FRAME_LONGEST 1518
#define FRAME_TUPLE 22  // 16 bytes from the time to live on: it, protocol, checksum, both addresses, both ports
#define FRAME_SOURCE 26 // the source address

// A five-tuple as it stands in the frame, with the time to live and the checksum masked out: one load and one AND.
struct flow_key {
	uint8_t bytes[16];
} __rte_aligned(16);

// What the table's hashes come from.
enum flow_hash { FLOW_NO_TABLE, FLOW_RSS, FLOW_HASHED };

struct arrival {
	uint32_t source; // in network order
	uint32_t rss;
};

struct flows {
	struct rte_hash *table;
	struct arrival *arrivals;
	uint32_t mask; // arrivals less one: a power of two
	uint32_t frame_length;
	uint8_t frame[FRAME_LONGEST + 18] __rte_cache_aligned;
};

static __rte_always_inline void flow_key_read(const uint8_t *frame, struct flow_key *key)
{
	const __m128i mask = _mm_set_epi32(-1, -1, -1, 0x0000ff00);

	_mm_store_si128((__m128i *)key, _mm_and_si128(_mm_loadu_si128((const __m128i *)(frame + FRAME_TUPLE)), mask));
}

static void frame_make(uint8_t *frame, uint32_t length)
{
	const uint16_t total = length - 14, datagram = length - 34;
	static const uint8_t ethernet[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0 };
	const uint8_t ip[] = { 0x45, 0, total >> 8, total & 0xff, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 0, 192, 168, 0, 1 };
	const uint8_t udp[] = { 0x30, 0x39, 0, 53, datagram >> 8, datagram & 0xff, 0, 0 };

	memset(frame, 0, length);
	memcpy(frame, ethernet, sizeof(ethernet));
	memcpy(frame + 14, ip, sizeof(ip));
	memcpy(frame + 34, udp, sizeof(udp));
}

static void flows_free(struct flows *flows)
{
	rte_hash_free(flows->table);
	rte_free(flows->arrivals);
}

// The flows arrive in a random order that repeats. Their RSS hash is a good one of 32 bits: what a NIC with an asymmetric key delivers at best.
static int flows_make(struct flows *flows, const char *name, uint32_t count, uint32_t chains, enum flow_hash hash)
{
	struct rte_hash_parameters parameters = {
		.name = name,
		.entries = RTE_MAX(count + count / 4, 64u),
		.key_len = sizeof(struct flow_key),
		.hash_func = rte_hash_crc,
	};
	uint32_t arrivals = rte_align32pow2(RTE_MAX(count, 64u));
	uint32_t random = 12345;
	uint8_t frame[FRAME_SHORTEST];
	struct flow_key key;
	int error;

	frame_make(flows->frame, flows->frame_length);
	memcpy(frame, flows->frame, FRAME_SHORTEST);
	flows->mask = arrivals - 1;
	flows->arrivals = rte_malloc("arrivals", arrivals * sizeof(struct arrival), RTE_CACHE_LINE_SIZE);
	if (flows->arrivals == NULL)
		return ENOMEM;
	if (hash != FLOW_NO_TABLE && (flows->table = rte_hash_create(&parameters)) == NULL)
		return rte_errno;

	for (uint32_t i = 0; i < arrivals; i++) {
		uint32_t source = rte_cpu_to_be_32(0x0a000000 + i % count);

		memcpy(frame + FRAME_SOURCE, &source, sizeof(source));
		flow_key_read(frame, &key);
		flows->arrivals[i] = (struct arrival){ source, rte_jhash(&key, sizeof(key), 0) };
		if (hash == FLOW_NO_TABLE || i >= count)
			continue;
		// A lookup that hashes the key itself finds only what was added in the same way.
		void *chain = (void *)(uintptr_t)(i % chains);
		error = hash == FLOW_HASHED ? rte_hash_add_key_data(flows->table, &key, chain)
			: rte_hash_add_key_with_hash_data(flows->table, &key, flows->arrivals[i].rss, chain);
		if (error < 0)
			return -error;
	}
	for (uint32_t i = arrivals - 1; i > 0; i--) {
		random = random * 1664525 + 1013904223;
		uint32_t other = (uint32_t)(((uint64_t)random * (i + 1)) >> 32);
		struct arrival swapped = flows->arrivals[i];

		flows->arrivals[i] = flows->arrivals[other];
		flows->arrivals[other] = swapped;
	}
	return 0;
}

#endif
