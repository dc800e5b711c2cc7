package dev.outrider.router.remote;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A listening socket that counts who calls and how many bytes come, and hangs up or keeps silent. */
public final class RawServer implements AutoCloseable {

    private final ServerSocket socket = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger bytes = new AtomicInteger();
    private final CountDownLatch hungUp = new CountDownLatch(1);

    private RawServer(String response, boolean silent) throws IOException {
        Thread.ofVirtual().start(() -> {
            while (!socket.isClosed()) {
                try {
                    Socket caller = socket.accept();
                    connections.incrementAndGet();
                    Thread.ofVirtual().start(() -> serve(caller, response, silent));
                } catch (IOException e) {
                    return;
                }
            }
        });
    }

    /** Sends every caller the same bytes and hangs up. */
    public static RawServer answering(String response) throws IOException {
        return new RawServer(response, false);
    }

    /** Listens to every caller and never says a word. */
    public static RawServer silent() throws IOException {
        return new RawServer("", true);
    }

    private void serve(Socket caller, String response, boolean silent) {
        try (caller) {
            InputStream in = caller.getInputStream();
            byte[] buffer = new byte[65_536];
            for (int n = in.read(buffer); n >= 0; n = silent ? in.read(buffer) : -1) {
                bytes.addAndGet(n);
            }
            if (!silent) {
                caller.getOutputStream().write(response.getBytes(StandardCharsets.UTF_8));
                caller.getOutputStream().flush();
            }
        } catch (IOException e) {
            // a caller that resets the connection has hung up, too
        } finally {
            hungUp.countDown();
        }
    }

    public int port() {
        return socket.getLocalPort();
    }

    public String url() {
        return "http://127.0.0.1:" + port() + "/v1";
    }

    public int connections() {
        return connections.get();
    }

    public int bytes() {
        return bytes.get();
    }

    /** Opens when the first caller has hung up. */
    public CountDownLatch hungUp() {
        return hungUp;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
