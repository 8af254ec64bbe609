#define _GNU_SOURCE
#include "CMicroHTTP.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_loopback(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    return ntohl(four->sin_addr.s_addr) >> 24 == 127;
  }
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
  if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) return six->sin6_addr.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

static int bound(
    const struct addrinfo *found, int backlog, struct livesync_http_listener *listener) {
  int one = 1;
  int none = 0;
  int fd = listener->socket;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0) return errno;
  if (found->ai_family == AF_INET6
      && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &none, sizeof none) != 0)
    return errno;
  if (bind(fd, found->ai_addr, found->ai_addrlen) != 0) return errno;
  if (listen(fd, backlog) != 0) return errno;

  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) return errno;
  in_port_t port = address.ss_family == AF_INET ? ((struct sockaddr_in *)&address)->sin_port
                                                : ((struct sockaddr_in6 *)&address)->sin6_port;
  listener->port = ntohs(port);
  listener->is_loopback = is_loopback((struct sockaddr *)&address);
  return 0;
}

static enum livesync_http_outcome outcome(int error) {
  switch (error) {
    case 0: return LIVESYNC_HTTP_LISTENS;
    case EADDRINUSE: return LIVESYNC_HTTP_IN_USE;
    case EACCES:
    case EPERM: return LIVESYNC_HTTP_NOT_PERMITTED;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT: return LIVESYNC_HTTP_NOT_HERE;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return LIVESYNC_HTTP_NO_RESOURCES;
    default: return LIVESYNC_HTTP_REFUSED;
  }
}

enum livesync_http_outcome livesync_http_listen(
    const char *address, uint16_t port, int backlog, struct livesync_http_listener *listener) {
  char service[8];
  (void)snprintf(service, sizeof service, "%u", (unsigned int)port);
  struct addrinfo hints = {
      .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  if (getaddrinfo(address, service, &hints, &found) != 0) return LIVESYNC_HTTP_BAD_ADDRESS;
  listener->socket = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener->socket < 0) {
    listener->error = errno;
  } else {
    listener->error = bound(found, backlog, listener);
    if (listener->error != 0) close(listener->socket);
  }
  freeaddrinfo(found);
  return outcome(listener->error);
}

static size_t unchanged(void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  return strlen(text);
}

static void silent(void *context, const char *format, va_list arguments) {
  (void)context;
  (void)format;
  (void)arguments;
}

struct MHD_Daemon *livesync_http_start(
    int listener, const struct livesync_http_settings *settings) {
  // poll: connections are few, and it is the same on every Linux.
  unsigned int flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  return MHD_start_daemon(
      flags, 0, NULL, NULL, settings->handle, settings->context,
      // First, so that nothing is printed about the others.
      MHD_OPTION_EXTERNAL_LOGGER, silent, NULL,
      MHD_OPTION_LISTEN_SOCKET, listener,
      MHD_OPTION_CONNECTION_LIMIT, settings->connections,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_bytes,
      MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds,
      MHD_OPTION_NOTIFY_COMPLETED, settings->completed, settings->context,
      MHD_OPTION_NOTIFY_CONNECTION, settings->connection, settings->context,
      MHD_OPTION_UNESCAPE_CALLBACK, unchanged, NULL,
      MHD_OPTION_STRICT_FOR_CLIENT, 1,
      MHD_OPTION_END);
}

int livesync_http_client(struct MHD_Connection *connection, uint8_t address[16]) {
  memset(address, 0, 16);
  const union MHD_ConnectionInfo *client =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (client != NULL && client->client_addr != NULL) {
    if (client->client_addr->sa_family == AF_INET) {
      address[10] = address[11] = 0xff;
      memcpy(address + 12, &((struct sockaddr_in *)client->client_addr)->sin_addr, 4);
    } else if (client->client_addr->sa_family == AF_INET6) {
      memcpy(address, &((struct sockaddr_in6 *)client->client_addr)->sin6_addr, 16);
    }
  }
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

void livesync_http_cut(int socket, const void *bytes, size_t count) {
  if (count > 0) (void)send(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  (void)shutdown(socket, SHUT_RDWR);
}

bool livesync_http_is_address(const char *text) {
  struct in6_addr address;
  return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}
