/*
 * A parser of BATCHED_OFFER_MESSAGE (MS-PCHC 2.2.1.5) in C, with the checks that
 * package codec makes: the peer of BenchmarkDecode. Built with gcc -O2.
 *
 *	parse N FILE	checks FILE's bytes N times, prints nanoseconds for each
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct message {
	uint8_t minor, major, header_padding[4], connection_padding[6];
	uint16_t type, port;
	const uint8_t *descriptors;
	size_t count;
};

static uint16_t be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }

__attribute__((noinline)) static int parse(const uint8_t *b, size_t n, struct message *m)
{
	if (n < 16)
		return 1;
	m->minor = b[0];
	m->major = b[1];
	m->type = be16(b + 2);
	__builtin_memcpy(m->header_padding, b + 4, 4);
	m->port = be16(b + 8);
	__builtin_memcpy(m->connection_padding, b + 10, 6);
	if (m->minor != 0 || m->major != 2 || m->type != 3)
		return 2;
	const uint8_t *p = b + 16, *end = b + n;
	m->descriptors = p;
	m->count = 0;
	if (p == end)
		return 3;
	for (; p < end; p += 59) {
		if (m->count == 128)
			return 4;
		if (end - p < 59)
			return 5;
		if (be16(p + 8) != 16)
			return 6;
		if (p[26] != 1 && p[26] != 4)
			return 7;
		m->count++;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static uint8_t b[1 << 16];
	if (argc != 3)
		return 2;
	long times = atol(argv[1]);
	FILE *f = fopen(argv[2], "rb");
	if (!f)
		return 3;
	size_t n = fread(b, 1, sizeof b, f);
	struct message m;
	struct timespec start, end;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (long i = 0; i < times; i++) {
		if (parse(b, n, &m) != 0)
			return 1;
		__asm__ volatile("" ::"r"(&m), "r"(b) : "memory");
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%.2f\n", ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / times);
	return 0;
}
