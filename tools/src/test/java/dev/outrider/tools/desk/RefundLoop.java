package dev.outrider.tools.desk;

import java.math.BigDecimal;
import java.nio.file.Path;

/** A process of its own that refunds a cent again and again until it is killed; prints a line for each. */
public final class RefundLoop {

    private RefundLoop() {}

    /** Arguments: database file, most refunds. */
    public static void main(String[] arguments) {
        System.out.println("opening");
        try (Desk desk = Desk.open(Path.of(arguments[0]))) {
            System.out.println("open");
            int most = Integer.parseInt(arguments[1]);
            for (int i = 0; i < most; i++) {
                desk.tools().refundOrder("ORD-48213", new BigDecimal("0.01"), RefundReason.late);
                System.out.println("refunded");
            }
        }
    }
}
