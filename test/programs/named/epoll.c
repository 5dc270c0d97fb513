/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A state machine on epoll: connections that are served in turns by one thread, each a task. Each
 * takes in three messages, allocating in the handler of each state, and is answered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "thag.h"

#define KEEP __attribute__((noinline))

enum {
	CONNECTIONS = 5,
	MESSAGES = 3,
};

struct connection {
	int server, client, state;
	struct thag_task task;
};

KEEP static void
spend(size_t bytes)
{
	void *block = malloc(bytes);

	__asm__ volatile("" : "+r"(block));
	free(block);
}

KEEP static void
accept_one(struct connection *connection)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		abort();
	*connection = (struct connection){pair[0], pair[1], 0, thag_task_new("connection")};
}

KEEP static void
on_header(struct connection *connection)
{
	THAG_SECTION("header") spend(1);
	connection->state++;
}

KEEP static void
on_body(struct connection *connection)
{
	spend(2);
	connection->state++;
}

KEEP static void
on_end(struct connection *connection)
{
	spend(4);
	if (write(connection->server, "ok", 2) != 2)
		abort();
	connection->state++;
}

KEEP static void
dispatch(struct connection *connection)
{
	static void (*const handlers[MESSAGES])(struct connection *) = {on_header, on_body, on_end};
	char byte;

	if (read(connection->server, &byte, 1) != 1)
		abort();
	thag_task_resume(connection->task);
	handlers[connection->state](connection);
	if (connection->state < MESSAGES)
		thag_task_suspend(connection->task);
	else
		thag_task_end(connection->task);
}

int
main(void)
{
	struct connection connections[CONNECTIONS];
	const int poll = epoll_create1(0);
	int open = CONNECTIONS;

	for (int i = 0; i < CONNECTIONS; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};

		accept_one(&connections[i]);
		epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].server, &event);
	}
	for (int m = 0; m < MESSAGES; m++) {
		struct epoll_event ready[CONNECTIONS];
		int count = 0;

		for (int i = 0; i < CONNECTIONS; i++)
			if (write(connections[i].client, "m", 1) != 1)
				abort();
		while (count < CONNECTIONS) {
			const int got = epoll_wait(poll, ready, CONNECTIONS, -1);

			for (int i = 0; i < got; i++) {
				struct connection *connection = ready[i].data.ptr;

				dispatch(connection);
				open -= connection->state == MESSAGES;
			}
			count += got;
		}
	}
	spend(8);
	printf("%d left\n", open);
	return 0;
}
