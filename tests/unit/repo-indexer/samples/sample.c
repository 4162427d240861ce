#include <stdio.h>
#define LIMIT 10
/* A point in the plane. */
typedef struct Point {
  int x, y;
} Point;
enum color { RED, GREEN };
typedef int (*compare_fn)(const void *, const void *);
static int counter = 0;
int add(int a, int b);
// Adds two numbers.
// The second line.
int add(int a, int b) {
  int local = a;
  return local + b;
}
static const char *name_of(enum color c) {
  printf("%d", add(c, LIMIT));
  return c == RED ? "red" : "green";
}
