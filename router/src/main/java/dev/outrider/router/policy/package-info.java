/** How the cascade decides, as data: the policy file, its reader, its reference page and its hot reload. */
@NullMarked
package dev.outrider.router.policy;

import org.jspecify.annotations.NullMarked;
