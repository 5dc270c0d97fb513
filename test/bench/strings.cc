// SPDX-License-Identifier: Apache-2.0 OR MIT
// A map of strings that grows, is overwritten and shrinks: a C++ program as many are.
#include <cstdio>
#include <map>
#include <string>

int
main()
{
	std::map<std::string, std::string> map;
	unsigned random = 1;

	for (int i = 0; i < 400000; i++) {
		random = random * 1664525 + 1013904223;
		map["key number " + std::to_string(random % 100000)] =
			"a value that is longer than a small string " + std::to_string(i);
		if (i % 3 == 0)
			map.erase("key number " + std::to_string((random >> 7) % 100000));
	}
	std::printf("%zu\n", map.size());
}
