// Linked to an example: what runs at the end of a process uses the stack of main, which is over, and takes its time. The other threads are still at work.
#include <string.h>
#include <time.h>

__attribute__((destructor)) static void slow_exit(void) {
	char used[4096];
	memset(used, 0xff, sizeof used);
	__asm__ volatile("" : : "r"(used) : "memory"); // it is written indeed
	struct timespec pause = {.tv_nsec = 100000000};
	nanosleep(&pause, NULL);
}
