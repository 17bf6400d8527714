// The part of chain_reference.c that makes and frees chains.
#ifndef CHAIN_SETUP_H
#define CHAIN_SETUP_H

#define POOL_SIZE 4095

void chain_destroy(struct chain *chain)
{
	if (chain == NULL)
		return;
	for (uint32_t i = 0; i < CHAIN_MAX_LENGTH; i++) {
		rte_ring_free(chain->functions[i].receive);
		rte_ring_free(chain->functions[i].transmit);
	}
	if (chain->cache != NULL)
		rte_mempool_cache_free(chain->cache);
	rte_mempool_free(chain->pool);
	flows_free(&chain->flows);
	rte_free(chain);
}

// As rte_pktmbuf_pool_create, but packets may straddle pages, which only a NIC would mind. Without huge pages there would otherwise be one packet
// to a page, and all packets' headers would compete for the same places in the first-level cache.
static struct rte_mempool *chain_pool(const char *name)
{
	struct rte_pktmbuf_pool_private options = { .mbuf_data_room_size = RTE_MBUF_DEFAULT_BUF_SIZE };
	struct rte_mempool *pool = rte_mempool_create_empty(name, POOL_SIZE, sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE, 0,
		sizeof(options), SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	int error;

	if (pool == NULL)
		return NULL;
	rte_pktmbuf_pool_init(pool, &options);
	error = rte_mempool_populate_default(pool);
	if (error < 0) {
		rte_mempool_free(pool);
		rte_errno = -error;
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

static int chain_build(struct chain *chain, unsigned int number)
{
	const struct chain_config *config = &chain->config;
	struct rte_mbuf rearmed = { .data_off = RTE_PKTMBUF_HEADROOM, .nb_segs = 1 };
	enum flow_hash hash = config->steering == CHAIN_DEFAULT ? FLOW_NO_TABLE : config->steering == CHAIN_NAIVE ? FLOW_HASHED : FLOW_RSS;
	char name[RTE_MEMPOOL_NAMESIZE];

	rte_mbuf_refcnt_set(&rearmed, 1);
	memcpy(&chain->rearm, (uint8_t *)&rearmed + offsetof(struct rte_mbuf, rearm_data), sizeof(chain->rearm));
	chain->window = RTE_MIN(config->ring_size - 1, (uint32_t)POOL_SIZE);

	snprintf(name, sizeof(name), "pool%u", number);
	chain->pool = chain_pool(name);
	if (chain->pool == NULL)
		return rte_errno;
	chain->cache = rte_mempool_cache_create(RTE_MEMPOOL_CACHE_MAX_SIZE, SOCKET_ID_ANY);
	if (chain->cache == NULL)
		return rte_errno;

	for (uint32_t i = 0; i < config->length; i++) {
		struct function *function = &chain->functions[i];

		function->process = touch;
		snprintf(name, sizeof(name), "receive%u-%u", number, i);
		function->receive = rte_ring_create(name, config->ring_size, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (function->receive == NULL)
			return rte_errno;
		snprintf(name, sizeof(name), "transmit%u-%u", number, i);
		function->transmit = rte_ring_create(name, config->ring_size, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (function->transmit == NULL)
			return rte_errno;
	}
	for (uint32_t i = 0; i < CHAIN_MAX_CHAINS; i++) {
		for (uint32_t j = 0; j <= config->length; j++)
			chain->steps[i][j] = (uint8_t)j;
	}

	snprintf(name, sizeof(name), "flows%u", number);
	chain->flows.frame_length = config->frame_length;
	return flows_make(&chain->flows, name, config->flows, config->chains, hash);
}

int chain_create(const struct chain_config *config, struct chain **created)
{
	static unsigned int number;
	struct chain *chain;
	int error;

	if (config->layout > CHAIN_CALLS || config->steering > CHAIN_CLASSIFIED || config->length > CHAIN_MAX_LENGTH
		|| config->frame_length < FRAME_SHORTEST || config->frame_length > FRAME_LONGEST || config->burst < 1 || config->burst > CHAIN_MAX_BURST || config->chains < 1 || config->chains > CHAIN_MAX_CHAINS || config->flows < 1 || config->flows > 16u << 20
		|| !rte_is_power_of_2(config->ring_size) || config->ring_size < 2 * config->burst || config->ring_size > 1u << 20)
		return EINVAL;
	chain = rte_zmalloc("chain", sizeof(*chain), RTE_CACHE_LINE_SIZE);
	if (chain == NULL)
		return ENOMEM;
	chain->config = *config;
	error = chain_build(chain, __atomic_fetch_add(&number, 1, __ATOMIC_RELAXED));
	if (error != 0) {
		chain_destroy(chain);
		return error;
	}
	*created = chain;
	return 0;
}

#endif
