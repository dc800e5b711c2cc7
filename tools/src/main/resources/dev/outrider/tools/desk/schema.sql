-- The desk: a shop's back office. Money is in cents, dates are ISO text, numbers people say are the keys.
CREATE TABLE customer (
    id       TEXT PRIMARY KEY CHECK (id GLOB 'C-[0-9][0-9][0-9][0-9]'),
    name     TEXT NOT NULL,
    name_key TEXT NOT NULL,
    email    TEXT NOT NULL UNIQUE,
    street   TEXT NOT NULL CHECK (street <> ''),
    postcode TEXT NOT NULL CHECK (postcode <> ''),
    city     TEXT NOT NULL CHECK (city <> '')
) STRICT;
CREATE INDEX customer_name ON customer (name_key);
CREATE TABLE product (
    sku         TEXT PRIMARY KEY CHECK (sku GLOB '[A-Z][A-Z][A-Z]-[0-9][0-9][0-9]'),
    name        TEXT NOT NULL,
    price_cents INTEGER NOT NULL CHECK (price_cents > 0)
) STRICT;
CREATE TABLE stock (
    sku       TEXT NOT NULL REFERENCES product (sku),
    warehouse TEXT NOT NULL CHECK (warehouse IN ('berlin', 'lyon', 'porto')),
    quantity  INTEGER NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (sku, warehouse)
) STRICT;
CREATE TABLE shop_order (
    id             TEXT PRIMARY KEY CHECK (id GLOB 'ORD-[0-9][0-9][0-9][0-9][0-9]'),
    customer_id    TEXT NOT NULL REFERENCES customer (id),
    status         TEXT NOT NULL CHECK (status IN ('open', 'shipped', 'delivered', 'cancelled')),
    placed         TEXT NOT NULL,
    total_cents    INTEGER NOT NULL CHECK (total_cents > 0),
    refunded_cents INTEGER NOT NULL DEFAULT 0 CHECK (refunded_cents BETWEEN 0 AND total_cents)
) STRICT;
CREATE INDEX order_customer ON shop_order (customer_id, placed);
CREATE TABLE order_item (
    order_id   TEXT NOT NULL REFERENCES shop_order (id),
    line       INTEGER NOT NULL,
    sku        TEXT NOT NULL REFERENCES product (sku),
    quantity   INTEGER NOT NULL CHECK (quantity > 0),
    unit_cents INTEGER NOT NULL CHECK (unit_cents > 0),
    PRIMARY KEY (order_id, line)
) STRICT;
CREATE TABLE shipment (
    order_id TEXT PRIMARY KEY REFERENCES shop_order (id),
    carrier  TEXT NOT NULL,
    status   TEXT NOT NULL CHECK (status IN ('waiting', 'in_transit', 'delivered', 'lost')),
    expected TEXT NOT NULL
) STRICT;
CREATE TABLE refund (
    id           INTEGER PRIMARY KEY,
    order_id     TEXT NOT NULL REFERENCES shop_order (id),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    reason       TEXT NOT NULL CHECK (reason IN ('damaged', 'late', 'wrong_item', 'unwanted')),
    made         TEXT NOT NULL
) STRICT;
CREATE INDEX refund_order ON refund (order_id);
CREATE TABLE ticket (
    id          TEXT PRIMARY KEY CHECK (id GLOB 'T-[0-9][0-9][0-9][0-9]'),
    customer_id TEXT NOT NULL REFERENCES customer (id),
    subject     TEXT NOT NULL CHECK (subject <> ''),
    priority    TEXT NOT NULL CHECK (priority IN ('low', 'normal', 'high')),
    status      TEXT NOT NULL CHECK (status IN ('open', 'closed')),
    opened      TEXT NOT NULL
) STRICT;
CREATE TABLE sensor_reading (
    warehouse TEXT NOT NULL CHECK (warehouse IN ('berlin', 'lyon', 'porto')),
    kind      TEXT NOT NULL CHECK (kind IN ('temperature', 'humidity', 'door')),
    taken     TEXT NOT NULL,
    -- tenths of a degree Celsius; per cent; 1 = open
    value     INTEGER NOT NULL,
    PRIMARY KEY (warehouse, kind, taken)
) STRICT;
CREATE TABLE help_article (
    id    INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    text  TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE help_search USING fts5 (
    title, text, content = 'help_article', content_rowid = 'id', tokenize = 'porter unicode61'
);
