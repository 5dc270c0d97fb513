// SPDX-License-Identifier: Apache-2.0 OR MIT
// Sections that an exception leaves, in functions that catch it and in functions that do not; and
// what only C++ has: a break in a section leaves the loop around it, inline functions, templates.
#include <cstdlib>
#include <stdexcept>
#include "thag.h"

#define KEEP __attribute__((noinline))

KEEP static void
spend(std::size_t bytes)
{
	void *block = std::malloc(bytes);

	__asm__ volatile("" : "+r"(block));
	std::free(block);
}

KEEP static void
throws(int depth)
{
	THAG_SECTION("throws")
	{
		spend(1);
		if (!depth)
			throw std::runtime_error("thrown");
		throws(depth - 1);
	}
	spend(2);
}

KEEP static void
catches()
{
	THAG_SECTION("catches")
	{
		try {
			throws(3);
		} catch (const std::exception &) {
			spend(4);
		}
	}
	spend(8);
}

inline void
in_header()
{
	THAG_SECTION("inline") spend(16);
}

template <typename T>
KEEP void
in_template(T value)
{
	THAG_PROFILED;
	spend(sizeof(value));
	spend(32);
}

int
main()
{
	for (int i = 0; i < 10; i++)
		catches();
	for (int i = 0; i < 10; i++)
		THAG_SECTION("loop")
		{
			spend(1);
			if (i == 3)
				break;
			if (i % 2)
				continue;
			spend(2);
		}
	in_header();
	in_template(1);
	in_template(1.0);
	auto lambda = [] { THAG_SECTION("lambda") spend(64); };
	lambda();
}
