// DPDK's Toeplitz hashes over bursts of tuples, as functions that can be called from outside. They are inline in DPDK's headers, so a program
// in C has them compiled for its own processor and for the tuple lengths it uses; that is done here as well.
#include <stdint.h>
#include <stdlib.h>
#include <rte_thash.h>

// 1 where rss_gfni and rss_gfni_bulk can be called.
int rss_has_gfni(void)
{
#ifdef RTE_THASH_GFNI_DEFINED
	return 1;
#else
	return 0;
#endif
}

// The key as rte_softrss_be wants it; its length in bytes is a multiple of 4.
void rss_convert_key(const uint8_t *key, uint8_t *converted, int length)
{
	rte_convert_rss_key((const uint32_t *)key, (uint32_t *)converted, length);
}

// One 8x8 bit matrix per byte of the key.
void rss_matrices(uint64_t *matrices, const uint8_t *key, int length)
{
	rte_thash_complete_matrix(matrices, key, length);
}

// The tuples follow each other, each of `length` bytes: words in host order, the source port in the upper half of the last.
void rss_softrss_be(const uint8_t *converted_key, uint32_t *tuples, uint32_t length, uint32_t *hashes, uint32_t count)
{
	uint32_t i;

	if (length == 12) {
		for (i = 0; i < count; i++)
			hashes[i] = rte_softrss_be(tuples + i * 3, 3, converted_key);
	} else {
		for (i = 0; i < count; i++)
			hashes[i] = rte_softrss_be(tuples + i * (length / 4), length / 4, converted_key);
	}
}

#ifdef RTE_THASH_GFNI_DEFINED

// Tuple by tuple; each pointer leads to `length` bytes in network order.
void rss_gfni(const uint64_t *matrices, uint8_t **tuples, uint32_t length, uint32_t *hashes, uint32_t count)
{
	uint32_t i;

	if (length == 12) {
		for (i = 0; i < count; i++)
			hashes[i] = rte_thash_gfni(matrices, tuples[i], 12);
	} else if (length == 36) {
		for (i = 0; i < count; i++)
			hashes[i] = rte_thash_gfni(matrices, tuples[i], 36);
	} else {
		abort();
	}
}

// Burst by burst; `count` is a multiple of `burst`.
void rss_gfni_bulk(const uint64_t *matrices, uint8_t **tuples, uint32_t length, uint32_t *hashes, uint32_t count, uint32_t burst)
{
	uint32_t i;

	if (length == 12) {
		for (i = 0; i < count; i += burst)
			rte_thash_gfni_bulk(matrices, 12, tuples + i, hashes + i, burst);
	} else if (length == 36) {
		for (i = 0; i < count; i += burst)
			rte_thash_gfni_bulk(matrices, 36, tuples + i, hashes + i, burst);
	} else {
		abort();
	}
}

#else

void rss_gfni(const uint64_t *matrices, uint8_t **tuples, uint32_t length, uint32_t *hashes, uint32_t count)
{
	abort();
}

void rss_gfni_bulk(const uint64_t *matrices, uint8_t **tuples, uint32_t length, uint32_t *hashes, uint32_t count, uint32_t burst)
{
	abort();
}

#endif
