/*
 * store_answer.h - the answer to one request to the store. Callers: store.c.
 */
#ifndef XEN_DOMAIN_STORE_ANSWER_H
#define XEN_DOMAIN_STORE_ANSWER_H

struct domain;

/*
 * request and payload in the domain's store are a complete request: make the answer, and what a new watch fires, in
 * its out. They may refer to payload, which must stay until they are sent.
 */
void store_answer(struct domain *domain);

#endif
