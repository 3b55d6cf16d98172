/*
 * store_answer.h - the answer to one request to the store. Callers: store.c.
 */
#ifndef XEN_DOMAIN_STORE_ANSWER_H
#define XEN_DOMAIN_STORE_ANSWER_H

struct xenstore;

/*
 * store->request and store->payload are a complete request: make the answer, and what a new watch fires, in
 * store->out. They may refer to store->payload, which must stay until they are sent.
 */
void store_answer(struct xenstore *store);

#endif
