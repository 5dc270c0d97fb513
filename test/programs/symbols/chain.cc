// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Names that C++ makes hard: constructors, members of local classes, lambdas, templates, unnamed
// namespaces, inlined and not. Labels and "line: NAME" comments as in chain.c.

#define MARK(name) __asm__ volatile(".globl " #name "\n" #name ":\n\tnop" ::: "memory")
#define INLINE	   inline __attribute__((always_inline))
#define OUTLINE	   __attribute__((noinline))

namespace outer
{
namespace
{

struct Box {
	int value;
	INLINE explicit Box(int x) : value(x * 3)
	{
		MARK(at_constructor); // line: at_constructor
	}
};

} // namespace

template <class T> struct Holder {
	T held;
	OUTLINE int twice(int x) const
	{
		MARK(at_template); // line: at_template
		return held * x * 2;
	}
};

template struct Holder<int>;

OUTLINE int
construct(int x)
{
	Box box(x + 1); // line: call_constructor
	return box.value;
}

OUTLINE int
call_lambda(int x)
{
	auto lambda = [&](int y) __attribute__((always_inline))
	{
		MARK(at_lambda); // line: at_lambda
		return x * y;
	};
	return lambda(x + 3); // line: call_lambda
}

OUTLINE int
call_local(int x)
{
	struct Local {
		OUTLINE int member(int y)
		{
			MARK(at_local); // line: at_local
			return y * y;
		}
	} local;
	return local.member(x);
}

} // namespace outer

int
main(int argument_count, char **)
{
	outer::Holder<int> holder{argument_count};

	return outer::construct(argument_count) + holder.twice(argument_count) +
	       outer::call_lambda(argument_count) + outer::call_local(argument_count);
}
