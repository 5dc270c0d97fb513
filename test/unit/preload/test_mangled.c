/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Qualified names of mangled symbols; all of these were made by gcc 12 or clang 14. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>
#include "mangled.h"

static const char *
name_of(const char *symbol)
{
	static char name[MANGLED_MAX + 1];

	name[mangled_name(symbol, strlen(symbol), name)] = 0;
	return name;
}

Test(mangled, a_name_is_qualified_and_without_arguments_and_parameters)
{
	static const struct {
		const char *symbol, *name;
	} examples[] = {
		{"_Z4freev", "free"},
		{"_ZL6staticii", "static"},
		{"_ZN3geo5ShapeIdE4areaEv", "geo::Shape::area"},
		{"_ZNK3geo5ShapeIdE4areaEv", "geo::Shape::area"},
		{"_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector::push_back"},
		{"_ZNSt6vectorIiSaIiEE17_M_realloc_insertIJiEEEvN9__gnu_cxx17__normal_iteratorIPi"
		 "S1_EEDpOT_",
			"std::vector::_M_realloc_insert"},
		{"_ZN3geo5ShapeC2Ei", "geo::Shape::Shape"},
		{"_ZN3geo5ShapeD0Ev", "geo::Shape::~Shape"},
		{"_ZN3geo5ShapeIdEC1Ev", "geo::Shape::Shape"},
		{"_ZN12_GLOBAL__N_13runEv", "(anonymous namespace)::run"},
		{"_ZN3geoplERKNS_5ShapeES2_", "geo::operator+"},
		{"_ZN5ShapeixEm", "Shape::operator[]"},
		{"_ZN5ShapecvbEv", "Shape::operator"},
		{"_ZN5ShapenwEm", "Shape::operator new"},
		{"_ZlsRSoRK5Shape", "operator<<"},
		{"_Z3maxIiET_S0_S0_", "max"},
		{"_ZSt3maxIiERKT_S2_S2_", "std::max"},
		{"_ZNSsC1EPKcRKSaIcE", "std::string::string"},
		{"_ZZ4mainENKUlvE_clEv", "main::{lambda}::operator()"},
		{"_ZZN3geo5Shape4drawEvE4Pens", "geo::Shape::draw::Pens"},
		{"_ZN1AIXadL_Z1fvEEE1gEv", ""},
		{"_ZN1AILi5EE1gEv", "A::g"},
		{"_ZN1AILb1ELN2ns4EnumE3EE1gEv", "A::g"},
		{"_ZN1AIFviEE1gEv", "A::g"},
		{"_ZN5Shape4nameB5cxx11Ev", "Shape::name"},
		{"_Z4freev.part.0", "free"},
		{"main", ""},
		{"_Z", ""},
		{"_ZN", ""},
		{"_ZN3ge", ""},
		{"_ZN999999999999999999999geE", ""},
		{"_ZTV5Shape", ""},
		{"_ZGVZ4mainE1x", ""},
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		cr_expect_str_eq(name_of(examples[i].symbol), examples[i].name, "%s: '%s'",
			examples[i].symbol, name_of(examples[i].symbol));
}

Test(mangled, whatever_the_bytes_are_the_name_stays_within_its_room)
{
	static const char letters[] = "_ZNSILETXKPC1D0U3abclsSt9Jv";
	char symbol[400], name[MANGLED_MAX];
	uint32_t seed = 1;

	for (unsigned round = 0; round < 200000; round++) {
		size_t length = 2;

		memcpy(symbol, "_Z", 2);
		while (length < 2 + round % (sizeof(symbol) - 2)) {
			seed = seed * 1664525 + 1013904223;
			symbol[length++] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		cr_assert_leq(mangled_name(symbol, length, name), MANGLED_MAX);
	}
}

Test(mangled, a_long_name_is_cut)
{
	char symbol[4 * MANGLED_MAX], name[MANGLED_MAX];
	size_t length = 3;

	memcpy(symbol, "_ZN", 3);
	while (length + 8 < sizeof(symbol)) {
		memcpy(symbol + length, "5abcde", 6);
		length += 6;
	}
	memcpy(symbol + length, "Ev", 2);
	cr_assert_eq(mangled_name(symbol, length + 2, name), MANGLED_MAX);
	cr_assert_eq(memcmp(name, "abcde::abcde", 12), 0);
}
