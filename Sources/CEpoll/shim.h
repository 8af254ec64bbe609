// What Glibc's own module does not show: epoll, eventfd, the options of TCP, mallopt and GNU's accept4.
#include <linux/sockios.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
