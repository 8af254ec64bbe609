// What Glibc's own module does not show: epoll, eventfd and the options of TCP.
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
