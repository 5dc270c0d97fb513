// SPDX-License-Identifier: Apache-2.0 OR MIT
// Much of the standard library, for a compiler to chew on.
#include <map>
#include <string>
#include <vector>
#include <regex>
#include <iostream>
#include <unordered_map>
#include <algorithm>
#include <thread>
#include <future>
#include <functional>
int
main()
{
	std::regex r("a+b");
	std::map<std::string, std::vector<int>> m;
	std::unordered_map<std::string, std::string> u;
	for (int i = 0; i < 100; i++) {
		m[std::to_string(i)].push_back(i);
		u["x"] = "y";
	}
	std::cout << m.size() << std::regex_match("aab", r) << "\n";
	auto f = std::async([] { return 3; });
	return f.get() == 3 ? 0 : 1;
}
