// The bare work of a TCP check, as a plain loop in C does it: the yardstick for the engine.
//
//     connect PORT     then, on each line of its input, how many checks to make
//
// It connects without blocking, waits with epoll, reads TCP_INFO and closes, for at most 900
// connections at once, and answers each line with the checks that passed and their processor time
// in seconds. A socket is watched for one event and leaves epoll by being closed.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS = 900 };

static struct sockaddr_in target = {.sin_family = AF_INET};
static long passed;
static unsigned long long microseconds;

static double processor_time(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static int begin(int epoll) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    struct epoll_event wanted = {.events = EPOLLOUT, .data.fd = fd};
    if ((connect(fd, (struct sockaddr *)&target, sizeof target) && errno != EINPROGRESS) ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted)) {
        close(fd);
        return 0;
    }
    return 1;
}

static void end(int fd) {
    int error = 0;
    struct tcp_info info;
    socklen_t size = sizeof error, info_size = sizeof info;
    if (!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) && !error &&
        !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_size)) {
        passed++;
        microseconds += info.tcpi_rtt;
    }
    close(fd);
}

static void run(int epoll, long count) {
    long begun = 0, open = 0;
    while (begun < count || open) {
        for (; open < SOCKETS && begun < count; begun++)
            open += begin(epoll);
        struct epoll_event events[SOCKETS];
        int ready = epoll_wait(epoll, events, SOCKETS, 1000);
        for (int i = 0; i < ready; i++, open--)
            end(events[i].data.fd);
    }
}

int main(int argc, char **argv) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (argc != 2 || epoll < 0)
        return 64;
    target.sin_port = htons(atoi(argv[1]));
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (long count; scanf("%ld", &count) == 1;) {
        double before = processor_time();
        passed = 0;
        run(epoll, count);
        printf("%ld %.6f\n", passed, processor_time() - before);
        fflush(stdout);
    }
}
