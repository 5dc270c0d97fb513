/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See channel.h. Sequenced packets keep messages whole; of a text only what is used is sent. */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whoever was started without standard streams must not have the channel take their place. */
static int
move_above_standard(int fd)
{
	if (fd > STDERR_FILENO)
		return fd;
	const int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	close(fd);
	return moved;
}

int
channel_open(int ret_ends[2])
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	for (int i = 0; i < 2; i++)
		ends[i] = move_above_standard(ends[i]);
	if (ends[0] < 0 || ends[1] < 0) {
		close(ends[0]);
		close(ends[1]);
		return -EMFILE;
	}
	ret_ends[0] = ends[0];
	ret_ends[1] = ends[1];
	return 0;
}

int
channel_send(int end, enum channel_kind kind, int status, const char *text)
{
	struct channel_message message = {.kind = kind, .status = status};
	ssize_t sent;

	if (text)
		strncpy(message.text, text, sizeof(message.text) - 1);
	const size_t bytes = offsetof(struct channel_message, text) + strlen(message.text) + 1;

	do
		sent = send(end, &message, bytes, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

static int
receive(int end, int flags, struct channel_message *ret_message)
{
	ssize_t length;

	do
		length = recv(end, ret_message, sizeof(*ret_message), flags);
	while (length < 0 && errno == EINTR);
	if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return -EAGAIN;
	if (length <= (ssize_t)offsetof(struct channel_message, text))
		return 0;
	ret_message->text[length - (ssize_t)offsetof(struct channel_message, text) - 1] = 0;
	return 1;
}

int
channel_receive(int end, struct channel_message *ret_message)
{
	return receive(end, 0, ret_message);
}

int
channel_poll(int end, struct channel_message *ret_message)
{
	return receive(end, MSG_DONTWAIT, ret_message);
}
