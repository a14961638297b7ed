/*
 * Preloaded into OpenSMTPD 6.8 as Debian 12 builds it. The private key is in another process, behind a method that
 * the RSA or EC object of the certificate's key carries. OpenSSL 3 does not look there, and every handshake ends in
 * "missing private key". A key that is made of that object again keeps the method.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

struct object;
typedef struct object *(*getter)(struct object *);
typedef int (*setter)(struct object *, struct object *);

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

static int carry(struct object *to, struct object *from, const char *get, const char *set)
{
	struct object *inner = NEXT(getter, get)(from);

	return inner != NULL && NEXT(setter, set)(to, inner);
}

int SSL_CTX_use_PrivateKey(struct object *context, struct object *key)
{
	struct object *copy = NEXT(struct object *(*)(void), "EVP_PKEY_new")();

	if (copy != NULL && (carry(copy, key, "EVP_PKEY_get1_RSA", "EVP_PKEY_set1_RSA") ||
	    carry(copy, key, "EVP_PKEY_get1_EC_KEY", "EVP_PKEY_set1_EC_KEY")))
		key = copy;
	return NEXT(setter, "SSL_CTX_use_PrivateKey")(context, key);
}
