package dev.outrider.router.budget;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Set;

/** Connections to a real database of which one breaks, once, at a chosen call: before it is carried out or after. */
final class BreakingConnections {

    /** Opens the real connection. */
    interface Opener {
        Connection open() throws SQLException;
    }

    private static final Set<String> CALLS = Set.of("execute", "executeQuery", "executeUpdate", "commit");

    private final Opener opener;
    private int calls;
    private int breakAt = -1;
    private boolean after;

    BreakingConnections(Opener opener) {
        this.opener = opener;
    }

    /** From now on the connection breaks at the call of this number, counted from 0. */
    void breakAt(int call, boolean afterwards) {
        calls = 0;
        breakAt = call;
        after = afterwards;
    }

    /** Whether it has broken since; then it works again. */
    boolean hasBroken() {
        return calls > breakAt;
    }

    Connection open() throws SQLException {
        Connection real = opener.open();
        return proxy(Connection.class, real, real);
    }

    private <T> T proxy(Class<T> type, T real, Connection connection) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    boolean counts = breakAt >= 0 && CALLS.contains(method.getName());
                    boolean breaks = counts && calls++ == breakAt;
                    if (breaks && !after) {
                        throw broken(connection);
                    }
                    Object result;
                    try {
                        result = method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    if (breaks) {
                        throw broken(connection);
                    }
                    return result instanceof PreparedStatement statement
                            ? proxy(PreparedStatement.class, statement, connection)
                            : result;
                }));
    }

    private static SQLException broken(Connection connection) throws SQLException {
        connection.close();
        return new SQLException("the line went dead", "08006");
    }
}
