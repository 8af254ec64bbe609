/* What the room HTTPServer needs in C: sockets, and the functions of libmicrohttpd that take a
   variable number of arguments, which Swift cannot call. */
#ifndef LIVESYNC_CMICROHTTP_H
#define LIVESYNC_CMICROHTTP_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A socket that listens, and what it is bound to; or the errno of why there is none. */
struct livesync_http_listener {
  int socket;
  uint16_t port;
  bool is_loopback;
  int error;
};

/* What came of listening. */
enum livesync_http_outcome {
  LIVESYNC_HTTP_LISTENS,
  /* The address is no IPv4 or IPv6 address in digits. */
  LIVESYNC_HTTP_BAD_ADDRESS,
  LIVESYNC_HTTP_IN_USE,
  LIVESYNC_HTTP_NOT_PERMITTED,
  /* No interface has the address. */
  LIVESYNC_HTTP_NOT_HERE,
  LIVESYNC_HTTP_NO_RESOURCES,
  /* `error` says why. */
  LIVESYNC_HTTP_REFUSED
};

/* Binds and listens; port 0 takes any. `::` is for both families. */
enum livesync_http_outcome livesync_http_listen(
    const char *address, uint16_t port, int backlog, struct livesync_http_listener *listener);

/* Limits that the library keeps itself, and what it calls. `context` is handed to all. */
struct livesync_http_settings {
  unsigned int connections;
  size_t connection_bytes;
  unsigned int idle_seconds;
  void *context;
  MHD_AccessHandlerCallback handle;
  MHD_RequestCompletedCallback completed;
  MHD_NotifyConnectionCallback connection;
};

/* Starts a thread that serves `listener`, which belongs to it from then on; NULL if there is no
   memory or thread for it. Paths and arguments are handed on as they came. */
struct MHD_Daemon *livesync_http_start(
    int listener, const struct livesync_http_settings *settings);

/* The socket of a connection, and its client's address in 16 bytes: IPv4 as ::ffff:a.b.c.d, all
   zero if it is of another family. */
int livesync_http_client(struct MHD_Connection *connection, uint8_t address[16]);

/* Sends as much of `bytes` as goes at once, and ends the connection in both directions. The socket
   stays open for whoever owns it. */
void livesync_http_cut(int socket, const void *bytes, size_t count);

/* Whether a text is an IPv4 or IPv6 address in digits, without brackets. */
bool livesync_http_is_address(const char *text);

#endif
