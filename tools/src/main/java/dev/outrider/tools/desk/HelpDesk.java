package dev.outrider.tools.desk;

import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.tools.desk.Results.Article;
import dev.outrider.tools.desk.Results.ArticleList;
import dev.outrider.tools.desk.Results.Ticket;
import dev.outrider.tools.desk.Results.TicketState;

/** Tickets, and the articles that make some of them unnecessary. */
final class HelpDesk {

    private static final int MOST = 2;
    private static final int MAX_WORDS = 40;
    private static final int LAST_SEEDED_TICKET = 5900;

    /** Words that say nothing about a question's subject. */
    private static final Set<String> STOP_WORDS = Set.of(("a about an and any are as at be been but by can could do"
                    + " does for from get give had has have hello hi how i if in is it its just know like long many may"
                    + " me much my need no not of off ok on one or our out please s say should so some t take tell than"
                    + " thanks that the their them then there these they this to up us want was we what when where"
                    + " which who why will with would you your")
            .split(" "));

    private final DeskDatabase database;
    private final InstantSource clock;

    HelpDesk(DeskDatabase database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    Ticket ticket(String ticket) {
        return database.read(session -> session.one(
                        row -> new Ticket(
                                ticket, row.getString(1), row.getString(2), row.getString(3), row.getString(4)),
                        "SELECT customer_id, subject, priority, status FROM ticket WHERE id = ?",
                        ticket)
                .orElseThrow(() -> new Refusal("No ticket " + ticket + ".")));
    }

    TicketState open(String customer, String subject, @Nullable TicketPriority priority) {
        String line = Customers.line("subject", subject);
        String today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toString();
        return database.write(session -> {
            Customers.require(session, customer);
            int last = session.one(row -> row.getInt(1), "SELECT max(CAST(substr(id, 3) AS INTEGER)) FROM ticket")
                    .orElse(0);
            int number = Math.max(last, LAST_SEEDED_TICKET) + 1;
            if (number > 9999) {
                throw new Refusal("No ticket numbers are left.");
            }
            String id = "T-" + number;
            session.update(
                    "INSERT INTO ticket VALUES (?, ?, ?, ?, 'open', ?)",
                    id,
                    customer,
                    line,
                    (priority == null ? TicketPriority.normal : priority).name(),
                    today);
            return new TicketState(id, "open");
        });
    }

    TicketState close(String ticket) {
        return database.write(session -> {
            String status = session.one(row -> row.getString(1), "SELECT status FROM ticket WHERE id = ?", ticket)
                    .orElseThrow(() -> new Refusal("No ticket " + ticket + "."));
            if (status.equals("closed")) {
                throw new Refusal("Ticket " + ticket + " is already closed.");
            }
            session.update("UPDATE ticket SET status = 'closed' WHERE id = ?", ticket);
            return new TicketState(ticket, "closed");
        });
    }

    /**
     * Full-text search, best first (BM25, a word in the title counts four times). The second article is shown only
     * when it is at least half as good as the first.
     */
    ArticleList search(String question) {
        String match = match(question);
        if (match.isEmpty()) {
            return new ArticleList(List.of());
        }
        record Hit(Article article, double score) {}
        List<Hit> hits = database.read(session -> session.all(
                row -> new Hit(new Article(row.getString(1), row.getString(2)), -row.getDouble(3)),
                "SELECT a.title, a.text, bm25(help_search, 4.0, 1.0) AS score FROM help_search"
                        + " JOIN help_article a ON a.id = help_search.rowid"
                        + " WHERE help_search MATCH ? ORDER BY score, a.id LIMIT ?",
                match,
                MOST));
        List<Article> articles = new ArrayList<>();
        for (Hit hit : hits) {
            if (hit.score >= hits.getFirst().score / 2) {
                articles.add(hit.article);
            }
        }
        return new ArticleList(articles);
    }

    /** Any of the question's telling words, each quoted so that none is taken for FTS5's own syntax. */
    private static String match(String question) {
        return Stream.of(question.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+"))
                .filter(word -> word.length() > 1 && !STOP_WORDS.contains(word))
                .distinct()
                .limit(MAX_WORDS)
                .map(word -> '"' + word + '"')
                .collect(Collectors.joining(" OR "));
    }
}
