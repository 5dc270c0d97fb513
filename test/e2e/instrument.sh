#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# thag-instrument and thag-uninstrument: what is compiled still compiles and does what it did, and
# comes back byte for byte; files, streams, refusals. INCLUDE: where thag.h is.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

: "${INCLUDE:?run by meson test}"

same() {
	cmp -s "$1" "$2"
}

instrumented() {
	[ "$(grep -ac 'THAG_PROFILED; /\*thag-instrument\*/' "$1")" = "$2" ]
}

cat >a.c <<-'EOF'
	/* A comment, then feature macros. */
	#define _GNU_SOURCE
	#include <stdio.h>
	#include <string.h>

	static inline int twice(int x) { return 2 * x; }
	inline int outer(int x) { return x; }
	extern int outer(int x);
	#define MAKE(name) static int name(void) { return 3; }
	MAKE(three)
	static int old(a, b)
		int a;
		char *b;
	{
		return a + (int)strlen(b); /* { */
	}
	int empty(void) {}
	int main(void)
	{	puts("{ // not a comment");
	#ifdef NEVER
		return 1;
	#endif
		printf("%d at line %d\n", twice(4) + outer(1) + three() + old(1, "ab"), __LINE__);
		return 0;
	}
EOF
cp a.c original.c

# ---- in place, and back ----

cat >b.cc <<-'EOF'
	#include <iostream>
	#include <stdexcept>
	#include <vector>

	namespace shapes {
	struct shape {
		shape(int n) : sides{n} {}
		virtual ~shape() = default;
		virtual int area() const { return sides; }
		template <class F> auto with(F f) const -> decltype(f(1)) { return f(sides); }
		static constexpr int one() { return 1; }
		int sides;
	};
	} // namespace shapes
	static int guarded(int n)
	try {
		if (n > 2)
			throw std::runtime_error("many");
		return n;
	} catch (const std::exception &) {
		return -1;
	}
	int main()
	{
		shapes::shape s(3);
		static_assert(shapes::shape::one() == 1, "");
		std::vector<int> v{1, 2, 3};
		int sum = 0;
		for (int i : v)
			sum += s.with([i](int n) { return n * i; });
		std::cout << sum << ' ' << s.area() << ' ' << guarded(5) << ' ' << __LINE__ << '\n';
	}
EOF
cp b.cc original.cc

run thag-instrument a.c b.cc
check 'files are instrumented in place' [ "$status" = 0 ]
check '... each function of C with a body of its own' instrumented a.c 4
check '... each function of C++' instrumented b.cc 5
check '... and it is said what was skipped' \
	grep -q 'a.c: 4 functions instrumented; skipped: 1 body from a macro, 1 inline with external' err
check '... and how much it was in all' grep -q '9 functions in 2 files instrumented, 4 skipped' err
check 'lines keep their numbers' [ "$(wc -l <a.c) $(wc -l <b.cc)" = \
	"$(wc -l <original.c) $(wc -l <original.cc)" ]
for compiler in gcc clang-14; do
	$compiler -w -o plain original.c && ./plain >expected
	run $compiler -Wall -Wextra -Wno-return-type -Wno-unused -Wno-deprecated-non-prototype \
		-Wno-unknown-warning-option -Werror -I"$INCLUDE" -o marked a.c
	check "$compiler takes the C without a warning" [ "$status" = 0 ]
	./marked >out
	check '... and it does what it did' same out expected
done
for compiler in g++ clang++-14; do
	$compiler -std=c++11 -w -o plain original.cc && ./plain >expected
	run $compiler -std=c++11 -Wall -Wextra -Werror -I"$INCLUDE" -o marked b.cc
	check "$compiler takes the C++ without a warning" [ "$status" = 0 ]
	./marked >out
	check '... and it does what it did' same out expected
done
cp a.c once.c
touch -d '2001-01-01' a.c
run thag-instrument a.c
check 'what is instrumented is not instrumented again' same a.c once.c
check '... nor is it written' [ "$(stat -c %Y a.c)" = "$(date -d 2001-01-01 +%s)" ]
check '... and that is said' grep -q '4 already instrumented' err
run thag-uninstrument a.c b.cc
check 'taking out succeeds' [ "$status" = 0 ]
check '... and restores C' same a.c original.c
check '... and C++' same b.cc original.cc
run thag-uninstrument a.c
check 'where nothing is marked nothing is done' grep -q '0 functions in 0 files' err

# ---- streams ----

run sh -c 'thag-instrument --filename a.c <a.c >marked.c'
check 'standard input goes to standard output' instrumented marked.c 4
check '... without a word' says_nothing
run sh -c 'thag-uninstrument <marked.c >back.c'
check '... and back' same back.c a.c
printf 'int f(void) { return' >broken.c
run sh -c 'thag-instrument <broken.c >passed.c'
check 'what is not understood fails' [ "$status" = 1 ]
check '... is passed on as it is' same passed.c broken.c
check '... and it is said why' says 'standard input: left as it is: '

# ---- bytes ----

printf '\357\273\277/* \351\377 */\r\n\tint f(void)\t{\r\n\treturn 1;  }\r\nint g(void) {}' >bytes.c
cp bytes.c bytes.original
run thag-instrument bytes.c
check 'a byte order mark, CR LF, tabs, Latin-1 and no last newline' instrumented bytes.c 2
check '... nothing is added but the marks' [ "$(tr -d '\r' <bytes.c | wc -l)" = 3 ]
run thag-uninstrument bytes.c
check '... come back as they were' same bytes.c bytes.original
printf 'int f(void) {}\r\n' >one.c
cp one.c one.original
run thag-instrument one.c
check 'a line is added only where there is no other place' says 'a line added for the #include'
check '... with the line ends of the file' [ "$(grep -c "$(printf '\r')$" one.c)" = 2 ]
run thag-uninstrument one.c
check '... and goes again' same one.c one.original

# ---- choices ----

run thag-instrument -n -v --function 'o*' --without /^outer$/ a.c
check 'functions are chosen by pattern' says 'a.c:11: old: instrumented'
check '... others are not' says 'a.c:18: main: skipped: not chosen'
run thag-instrument -n -v --min-lines 3 a.c
check 'short functions can be left out' says 'a.c:6: twice: skipped: too short'
check '... long ones stay' says 'a.c:11: old: instrumented'
check 'a dry run writes nothing' same a.c original.c
run sh -c 'thag-instrument --as time,mem_summary --filename a.c <a.c >marked.c'
check 'what is recorded can be said' \
	grep -q '{ THAG_PROFILED_AS(THAG_TIME | THAG_MEM_SUMMARY); /\*thag-instrument\*/' marked.c
run gcc -Werror -I"$INCLUDE" -w -c marked.c
check '... in words that the header knows' [ "$status" = 0 ]
run sh -c 'thag-uninstrument <marked.c >back.c'
check '... and comes out again' same back.c a.c
run sh -c 'thag-instrument --no-include --filename a.c <a.c >marked.c'
check 'the include can be left to the compiler' [ "$(grep -c '#include "thag' marked.c)" = 0 ]
run gcc -include "$INCLUDE/thag.h" -w -c marked.c
check '... that is given it' [ "$status" = 0 ]

# ---- how it is compiled ----

mkdir -p project/build project/include
echo 'typedef int number;' >project/include/own.h
printf '#include "own.h"\n\n#ifdef WITH_G\nnumber g(void) { return 1; }\n#endif\n' >project/c.c
cat >project/build/compile_commands.json <<-EOF
	[{"directory": "$work/project/build", "file": "../c.c",
	  "command": "gcc -I../include -DWITH_G -Wall -o c.o -c ../c.c"}]
EOF
run thag-instrument -n project/c.c
check 'flags are found in compile_commands.json' says 'project/c.c: 1 function instrumented'
mv project/build project/elsewhere
run thag-instrument -n project/c.c
check '... without them it is said what went wrong' says "'own.h' file not found"
run thag-instrument -n -p project/elsewhere project/c.c
check '... its directory can be named' says 'project/c.c: 1 function instrumented'
run thag-instrument -n project/c.c -- -I project/include -DWITH_G
check '... and flags be given' says 'project/c.c: 1 function instrumented'
printf 'MODULE(x)\nint f(void) { return 1; }\n}\nint g(void) { return 1; }\n' >lost.c
cp lost.c lost.original
run thag-instrument lost.c a.c
check 'a file that is not understood fails' [ "$status" = 1 ]
check '... it is left as it is' same lost.c lost.original
check '... it is said what would help' says '(say how it is compiled: -p DIR, or -- FLAGS)'
check '... and others are done' instrumented a.c 4
thag-uninstrument -q a.c
run thag-instrument --partial lost.c
check 'what was understood of it can be asked for' instrumented lost.c 1
thag-uninstrument -q lost.c
check '... and taken back' same lost.c lost.original

# ---- files ----

mkdir -p sub
cp a.c sub/real.c
chmod 751 sub/real.c
ln -s sub/real.c link.c
run thag-instrument link.c
check 'a link stays a link' [ -L link.c ]
check '... its file is instrumented' instrumented sub/real.c 4
check '... and keeps its mode' [ "$(stat -c %a sub/real.c)" = 751 ]
thag-uninstrument -q link.c
check '... also back' same sub/real.c a.c
run sh -c 'thag-instrument --diff a.c b.cc >changes.patch'
check 'changes can be had as a patch' [ "$status" = 0 ]
check '... without a change' same a.c original.c
run patch -s -p0 -i changes.patch
check '... that patch(1) takes' instrumented b.cc 5
thag-uninstrument --diff a.c b.cc >back.patch 2>/dev/null
run patch -s -p0 -i back.patch
check '... forth and back' same b.cc original.cc
run thag-instrument none.c sub a.c
check 'what cannot be read fails' [ "$status" = 1 ]
check '... by name' says 'none.c: left as it is: cannot be read: No such file or directory'
check '... directories too' says 'sub: left as it is: cannot be read: Is a directory'
check '... and the rest is done' instrumented a.c 4
thag-uninstrument -q a.c

# ---- what it is for ----

cat >calls.c <<-'EOF'
	#include <stdio.h>

	static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
	int main(void) { printf("%d\n", fib(15)); return 0; }
EOF
thag-instrument -q calls.c
gcc -O1 -I"$INCLUDE" -o calls calls.c
run thag-run --time -q -o sub ./calls
thag report --json sub/calls-*.thag >report.json
check 'the profiler counts each call' [ "$(jq .time.calls report.json)" = 1974 ]

# ---- usage ----

run thag instrument --help
check 'thag instrument is thag-instrument' grep -q 'Usage' out
run thag uninstrument --help
check 'thag uninstrument is thag-uninstrument' grep -q 'Usage' out
for wrong in '--no-such-option' '--function /(/' '--as everything' '--min-lines -1' \
	'--language pascal'; do
	# shellcheck disable=SC2086 # two words
	run thag-instrument $wrong a.c
	check "$wrong is refused" [ "$status" = 2 ]
	check '... with where to look' says '(see thag-instrument --help)'
done
run thag-instrument -p none a.c
check 'a database that is not there is said' says 'no compile_commands.json can be read in none'
finish
