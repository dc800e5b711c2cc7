package dev.outrider.router.budget;

import org.jspecify.annotations.Nullable;

/**
 * Whom a query belongs to. What follows from a missing name, {@link Scope} says.
 *
 * @param tenant who pays; null when unknown
 * @param session the conversation or run; null for a request outside of one
 * @param request the request, unique in its session
 * @param subtask the part of the request; null for the request itself
 */
public record BudgetKeys(
        @Nullable String tenant, @Nullable String session, String request, @Nullable String subtask) {

    /** Checks that no name is blank: a blank one would hide a mistake. */
    public BudgetKeys {
        check(tenant, "tenant");
        check(session, "session");
        check(request, "request");
        check(subtask, "subtask");
    }

    private static void check(@Nullable String name, String what) {
        if (name != null && name.isBlank()) {
            throw new IllegalArgumentException("the " + what + " of a budget must not be blank; leave it out instead");
        }
    }

    /** A request of nobody in particular. */
    public static BudgetKeys ofRequest(String request) {
        return new BudgetKeys(null, null, request, null);
    }

    /** Names the account of a scope; no two accounts have one name, whatever the keys contain. */
    String path(Scope scope) {
        return switch (scope) {
            case GLOBAL -> "";
            case TENANT -> "/" + name(tenant);
            case SESSION -> sessionPath();
            case REQUEST -> sessionPath() + "/" + name(request);
            case SUBTASK -> sessionPath() + "/" + name(request) + "/" + name(subtask);
        };
    }

    private String sessionPath() {
        return "/" + name(tenant) + "/" + (session == null ? "?" + name(request) : name(session));
    }

    private static String name(@Nullable String name) {
        return name == null ? "" : escape(name);
    }

    /** Escapes what the names of accounts are put together with, and what a database might not take. */
    static String escape(String name) {
        StringBuilder escaped = null;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean plain = c >= ' ' && c != 0x7f && "%/|?".indexOf(c) < 0 && !Character.isSurrogate(c);
            if (!plain && escaped == null) {
                escaped = new StringBuilder(name.length() + 8).append(name, 0, i);
            }
            if (escaped != null) {
                if (plain) {
                    escaped.append(c);
                } else {
                    escaped.append(String.format("%%%04x", (int) c));
                }
            }
        }
        return escaped == null ? name : escaped.toString();
    }
}
