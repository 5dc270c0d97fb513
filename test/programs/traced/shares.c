/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Work of a dozen kinds for the comparison of samples with traced calls: long and short calls,
 * nested and recursive ones, called from one place and from several. Takes about a second, and
 * prints what it computed.
 *
 *	shares ROUNDS
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "traced.h"

enum {
	WORDS = 600,
	WORD_BYTES = 400,
	BUCKETS = 1024,
	ROWS = 96,
	PRIMES = 200000,
	DEPTH = 9,
	BLOCK = 1 << 16,
};

static char words[WORDS][WORD_BYTES];
static uint32_t buckets[BUCKETS], order[WORDS];
static double left[ROWS][ROWS], right[ROWS][ROWS], product[ROWS][ROWS];
static uint8_t sieve[PRIMES], block[BLOCK];
static uint64_t sum;

/* ---- words: short calls from two places ---- */

KEEP static uint32_t
hash_word(const char *word)
{
	uint32_t hash = 2166136261u;

	for (unsigned i = 0; i < WORD_BYTES; i++)
		hash = (hash ^ (uint8_t)word[i]) * 16777619u;
	return hash;
}

KEEP static void
make_word(char *word, uint32_t number)
{
	for (unsigned i = 0; i < WORD_BYTES - 1; i++) {
		number = number * 1664525u + 1013904223u;
		word[i] = (char)('a' + (number >> 24) % 26);
	}
	word[WORD_BYTES - 1] = '\0';
	sum += hash_word(word);
}

KEEP static void
count_words(void)
{
	memset(buckets, 0, sizeof(buckets));
	for (unsigned i = 0; i < WORDS; i++) {
		make_word(words[i], i * 7919u);
		buckets[hash_word(words[i]) % BUCKETS]++;
	}
}

/* ---- sorting: recursion, and a callee that is called most of all ---- */

KEEP static int
compare_words(uint32_t a, uint32_t b)
{
	int difference = 0;

	/* The whole words, so that it takes something. */
	for (unsigned i = WORD_BYTES; i-- > 0;)
		if (words[a][i] != words[b][i])
			difference = words[a][i] - words[b][i];
	return difference;
}

KEEP static unsigned
partition(unsigned from, unsigned to)
{
	const uint32_t pivot = order[(from + to) / 2];
	unsigned i = from, j = to;

	for (;; i++, j--) {
		while (compare_words(order[i], pivot) < 0)
			i++;
		while (compare_words(order[j], pivot) > 0)
			j--;
		if (i >= j)
			return j;
		const uint32_t swapped = order[i];

		order[i] = order[j];
		order[j] = swapped;
	}
}

KEEP static void
sort_words(unsigned from, unsigned to)
{
	if (from < to) {
		const unsigned middle = partition(from, to);

		sort_words(from, middle);
		sort_words(middle + 1, to);
	}
	END;
}

/* ---- numbers: long calls, of one kind and of two ---- */

KEEP static void
multiply_row(unsigned row)
{
	for (unsigned column = 0; column < ROWS; column++) {
		double value = 0;

		for (unsigned i = 0; i < ROWS; i++)
			value += left[row][i] * right[i][column];
		product[row][column] = value;
	}
}

KEEP static void
fill(unsigned seed)
{
	for (unsigned row = 0; row < ROWS; row++) {
		for (unsigned column = 0; column < ROWS; column++) {
			left[row][column] = (double)((row * 31 + column * seed) % 17);
			right[row][column] = (double)((row * seed + column * 13) % 19);
		}
	}
}

KEEP static void
multiply(unsigned seed)
{
	fill(seed);
	for (unsigned row = 0; row < ROWS; row++)
		multiply_row(row);
	sum += (uint64_t)product[seed % ROWS][seed % ROWS];
}

KEEP static void
find_primes(void)
{
	memset(sieve, 1, sizeof(sieve));
	for (unsigned i = 2; i * i < PRIMES; i++)
		for (unsigned k = i * i; sieve[i] && k < PRIMES; k += i)
			sieve[k] = 0;
	for (unsigned i = 2; i < PRIMES; i++)
		sum += sieve[i];
}

KEEP static void
mix_block(void)
{
	uint32_t value = (uint32_t)sum | 1;

	for (unsigned i = 0; i < BLOCK; i++) {
		value ^= value << 13;
		value ^= value >> 17;
		value ^= value << 5;
		block[i] = (uint8_t)value;
	}
}

KEEP static uint32_t
check_block(void)
{
	uint32_t check = ~0u;

	for (unsigned i = 0; i < BLOCK; i++) {
		check ^= block[i];
		for (unsigned bit = 0; bit < 8; bit++)
			check = check >> 1 ^ (0xedb88320u & (0u - (check & 1)));
	}
	return ~check;
}

/* ---- recursion of two branches, with work at its ends ---- */

KEEP static uint64_t
visit_leaf(uint64_t value)
{
	for (unsigned i = 0; i < 1500; i++)
		value = value * 6364136223846793005u + 1442695040888963407u;
	return value;
}

KEEP static uint64_t
visit(unsigned depth, uint64_t value)
{
	if (!depth)
		return visit_leaf(value);
	for (unsigned i = 0; i < 300; i++)
		value = value * 6364136223846793005u + depth;
	return visit(depth - 1, value) + visit(depth - 1, value ^ depth);
}

KEEP static void
do_round(unsigned round)
{
	count_words();
	for (unsigned i = 0; i < WORDS; i++)
		order[i] = i;
	sort_words(0, WORDS - 1);
	multiply(round + 3);
	find_primes();
	mix_block();
	sum += check_block();
	sum += visit(DEPTH, round);
}

int
main(int count, char **arguments)
{
	const unsigned rounds = count == 2 ? (unsigned)atoi(arguments[1]) : 1;

	for (unsigned round = 0; round < rounds; round++)
		do_round(round);
	printf("%llu\n", (unsigned long long)sum);
	return 0;
}
