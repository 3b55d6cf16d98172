/*
 * store_answer.c - which answer the store gives; see the table in store.h.
 */
#include "xen/domain/store_answer.h"

#include "xen/domain/domain.h"
#include "xen/domain/store.h"
#include "xen/lib/printk.h"
#include "xen/lib/string.h"

#define HASH_START 0xcbf29ce484222325ull /* FNV-1a with 64 bits */
#define HASH_PRIME 0x100000001b3ull

static uint32_t length_of(const char *text) {
    uint32_t n = 0;

    while (text[n] != 0) {
        n++;
    }
    return n;
}

/* The answer: a text with its NUL. */
static void reply(struct xenstore *store, uint32_t type, const char *text) {
    store->out[0] = (struct store_message){
        .header = { type, store->request.req_id, store->request.tx_id, length_of(text) + 1 }, .payload = text,
    };
    store->messages = 1;
}

static void acknowledge(struct xenstore *store) {
    reply(store, store->request.type, "OK");
}

static void refuse(struct xenstore *store, const char *error) {
    reply(store, XS_ERROR, error);
}

/* How many strings, each with its NUL, the payload begins with. */
static uint32_t strings(const struct xenstore *store) {
    uint32_t count = 0;

    for (uint32_t i = 0; i < store->request.len; i++) {
        count += store->payload[i] == 0;
    }
    return count;
}

/* Is the payload one string, and nothing else? */
static bool one_string(const struct xenstore *store) {
    return store->request.len != 0 && strings(store) == 1 && store->payload[store->request.len - 1] == 0;
}

/* Stands for path and token of a watch: the payload's first two strings. */
static uint64_t hash_of(const struct xenstore *store) {
    uint64_t hash = HASH_START;
    uint32_t ends = 0;

    for (uint32_t i = 0; ends < 2; i++) {
        hash = (hash ^ (uint8_t)store->payload[i]) * HASH_PRIME;
        ends += store->payload[i] == 0;
    }
    return hash != 0 ? hash : 1;
}

/* The place of the watch in the list; of hash 0: an empty place. NULL: none. */
static uint64_t *find_watch(struct xenstore *store, uint64_t hash) {
    for (uint32_t i = 0; i < STORE_WATCHES_MAX; i++) {
        if (store->watches[i] == hash) {
            return &store->watches[i];
        }
    }
    return 0;
}

/* A new watch fires once: with the path and the token that it was given. */
static void fire(struct xenstore *store) {
    uint32_t length = length_of(store->payload) + 1;

    length += length_of(store->payload + length) + 1;
    store->out[1] = (struct store_message){
        .header = { XS_WATCH_EVENT, 0, 0, length }, .payload = store->payload,
    };
    store->messages = 2;
}

static void watch(struct xenstore *store) {
    if (strings(store) != 2) {
        refuse(store, "EINVAL");
        return;
    }
    uint64_t hash = hash_of(store), *place = find_watch(store, 0);

    if (find_watch(store, hash)) {
        refuse(store, "EEXIST");
    } else if (!place) {
        refuse(store, "E2BIG");
    } else {
        *place = hash;
        acknowledge(store);
        fire(store);
    }
}

static void unwatch(struct xenstore *store) {
    uint64_t *place = strings(store) == 2 ? find_watch(store, hash_of(store)) : 0;

    if (strings(store) != 2) {
        refuse(store, "EINVAL");
    } else if (!place) {
        refuse(store, "ENOENT");
    } else {
        *place = 0;
        acknowledge(store);
    }
}

/* The place of the transaction in the list; of number 0: an empty place. NULL: none. */
static uint32_t *find_transaction(struct xenstore *store, uint32_t number) {
    for (uint32_t i = 0; i < STORE_TRANSACTIONS_MAX; i++) {
        if (store->transactions[i] == number) {
            return &store->transactions[i];
        }
    }
    return 0;
}

static void transaction_start(struct xenstore *store) {
    uint32_t *place = find_transaction(store, 0);

    if (store->request.tx_id != 0) {
        refuse(store, "EBUSY");
    } else if (!place) {
        refuse(store, "ENOSPC");
    } else {
        do {
            store->last_transaction++;
        } while (store->last_transaction == 0 || find_transaction(store, store->last_transaction));
        *place = store->last_transaction;
        print_to(store->text, sizeof(store->text), "%u", *place);
        reply(store, XS_TRANSACTION_START, store->text);
    }
}

static void transaction_end(struct xenstore *store) {
    if (!one_string(store) || store->request.len != 2 || (store->payload[0] != 'T' && store->payload[0] != 'F')) {
        refuse(store, "EINVAL");
    } else if (store->request.tx_id == 0) {
        refuse(store, "ENOENT");
    } else {
        *find_transaction(store, store->request.tx_id) = 0;
        acknowledge(store);
    }
}

static void domain_path(struct xenstore *store) {
    uint32_t number = 0, i = 0;

    for (; one_string(store) && i < 5 && store->payload[i] >= '0' && store->payload[i] <= '9'; i++) {
        number = number * 10 + (uint32_t)(store->payload[i] - '0');
    }
    if (i == 0 || store->payload[i] != 0) {
        refuse(store, "EINVAL");
        return;
    }
    print_to(store->text, sizeof(store->text), "/local/domain/%u", number);
    reply(store, XS_GET_DOMAIN_PATH, store->text);
}

/* Of a request that names one node. */
static void no_node(struct xenstore *store, const char *error) {
    refuse(store, strings(store) != 0 ? error : "EINVAL");
}

/* Is it cpu/N/availability, of a vcpu that the domain has? */
static bool names_a_vcpu(const struct xenstore *store, const struct domain *domain) {
    const char *path = store->payload;

    return one_string(store) && strncmp(path, "cpu/", 4) == 0 && path[4] != 0 &&
           strcmp(path + 5, "/availability") == 0 && domain_vcpu(domain, (uint32_t)(path[4] - '0'));
}

static void read(struct xenstore *store, const struct domain *domain) {
    if (names_a_vcpu(store, domain)) {
        reply(store, XS_READ, "online");
        store->out[0].header.len--;              /* a value has no NUL */
    } else {
        no_node(store, "ENOENT");
    }
}

void store_answer(struct domain *domain) {
    struct xenstore *store = &domain->store;

    if (store->request.tx_id != 0 && !find_transaction(store, store->request.tx_id)) {
        refuse(store, "ENOENT");
        return;
    }
    switch (store->request.type) {
    case XS_READ:
        read(store, domain);
        break;
    case XS_DIRECTORY:
    case XS_GET_PERMS:
    case XS_RM:
    case XS_SET_PERMS:
        no_node(store, "ENOENT");
        break;
    case XS_WRITE:
    case XS_MKDIR:
        no_node(store, "EACCES");
        break;
    case XS_WATCH:
        watch(store);
        break;
    case XS_UNWATCH:
        unwatch(store);
        break;
    case XS_TRANSACTION_START:
        transaction_start(store);
        break;
    case XS_TRANSACTION_END:
        transaction_end(store);
        break;
    case XS_GET_DOMAIN_PATH:
        domain_path(store);
        break;
    case XS_DEBUG:
    case XS_INTRODUCE:
    case XS_RELEASE:
    case XS_IS_DOMAIN_INTRODUCED:
    case XS_RESUME:
        refuse(store, "EACCES");
        break;
    default:
        refuse(store, "ENOSYS");
    }
}
