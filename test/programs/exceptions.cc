/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Frames that are left by exceptions, from many depths, also through operator new itself. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

#define KEEP __attribute__((noinline))

namespace
{

struct guard {
	char *block = new char[24];
	guard() = default;
	guard(const guard &) = delete;
	guard &operator=(const guard &) = delete;
	KEEP ~guard()
	{
		delete[] block;
	}
};

KEEP void
site_left(unsigned depth)
{
	guard held;

	if (!depth)
		throw 42;
	site_left(depth - 1);
	__asm__ volatile("");
}

KEEP char *
site_kept()
{
	return new char[40];
}

KEEP int
site_refused(size_t size)
{
	try {
		char *block = new char[size];

		__asm__ volatile("" : "+r"(block));
		return 0;
	} catch (const std::bad_alloc &) {
		return 1;
	}
}

} // namespace

int
main(int, char **)
{
	unsigned caught = 0, refused = 0;
	size_t huge = size_t(1) << 62;

	__asm__ volatile("" : "+r"(huge));
	for (unsigned i = 0; i < 500; i++) {
		try {
			site_left(i % 50);
		} catch (int value) {
			caught += value == 42;
		}
		char *block = site_kept();

		__asm__ volatile("" : "+r"(block));
	}
	for (unsigned i = 0; i < 100; i++)
		refused += unsigned(site_refused(huge));
	char *none = new (std::nothrow) char[huge];

	__asm__ volatile("" : "+r"(none));
	printf("%u %u %d\n", caught, refused, none == nullptr);
	try {
		throw std::runtime_error("a message long enough for a block of its own");
	} catch (const std::exception &error) {
		puts(error.what());
	}
	return 0;
}
