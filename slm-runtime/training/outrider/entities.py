"""Random values: customers, orders, streets, words. Everything here keeps out of the ranges that belong to the desk and its suite.

The desk uses only, and training never uses: family names in V W K Z, first names in M I T, cities in G H P, streets in K L B,
SKU prefixes and products in K T L, order numbers in 4 7, customer numbers in 3 8, ticket numbers in 5, e-mail domains
example.org and example.net. DESK_RANGES switches to the desk's side, for measuring only.
"""
from .complaints import complaint
from .files import lines

RESERVED = {"family": "VWKZ", "first": "MIT", "city": "GHP", "street": "KLB", "sku": "KTL", "product": "KTL",
            "order": "47", "customer": "38", "ticket": "5"}
ONSETS = "b br c ch d dr f fl g gr h j k kl l m n p pr qu r s sch st t tr v w y z".split()
VOWELS = "a e i o u ai au ea ee ie oo a e i o u".split()
CODAS = "b ck d f g k l ll m n nd ng nn p r rn rt s ss st t tz x n r l s".split() + [""] * 10


class Entities:
    def __init__(self, rng, desk=False):
        self.rng, self.desk = rng, desk

    def allowed(self, kind, text):
        return (text[0].upper() in RESERVED[kind]) == self.desk

    def draw(self, kind, make):
        while True:
            text = make()
            if self.allowed(kind, text):
                return text

    def word(self, syllables=None):
        r = self.rng
        n = syllables or r.choice((1, 2, 2, 2, 3))
        return "".join(r.choice(ONSETS) + r.choice(VOWELS) + r.choice(CODAS) for _ in range(n))

    def invented(self, kind, suffixes=("",)):
        return self.draw(kind, lambda: (self.word(self.rng.choice((2, 2, 2, 3))) + self.rng.choice(suffixes)).capitalize())

    def listed(self, kind, name, share, suffixes=("",)):
        if self.rng.random() < share and not self.desk:
            return self.rng.choice(lines(name))
        return self.invented(kind, suffixes)

    def first(self):
        return self.listed("first", "first_names", 0.6, ("", "a", "e", "o", "in"))

    def family(self):
        return self.listed("family", "family_names", 0.5, ("", "", "er", "son", "mann", "ez", "s", "i"))

    def name(self):
        r, name = self.rng.random(), self.first() + " " + self.family()
        return name + "-" + self.family() if r < 0.03 else name

    def email(self, name=None):
        first, family = (name or self.name()).lower().replace("-", "").split(" ", 1)
        r = self.rng
        local = r.choice((first + "." + family, first[0] + "." + family, first + family, first + "_" + family, family,
                          first + str(r.randint(1, 99)), family + "." + first, first))
        return local.replace(" ", "") + "@" + self.domain()

    def domain(self):
        """Mostly invented: with two domains in the data, a model writes the one it knows instead of copying."""
        r = self.rng
        if self.desk:
            return r.choice(("example.org", "example.net"))
        if r.random() < 0.15:
            return r.choice(("example.com", "mail.example", "shop.example", "example.co.uk"))
        name = r.choice(("mail", "post", "inbox", "home", "office")) if r.random() < 0.15 else self.word()
        return name + r.choice((".org", ".net", ".com", ".com", ".de", ".fr", ".eu", ".co.uk", ".example", ".nl", ".io"))

    def city(self):
        return self.listed("city", "cities", 0.6, ("", "", "burg", "ville", "ton", "stad"))

    def street(self):
        r = self.rng
        name = self.listed("street", "streets", 0.5, ("strasse", "weg", "straat", " Street", " Road", " Lane", "gasse", " Avenue"))
        if r.random() < 0.12 and not self.desk:
            name = r.choice(("Rue ", "Rua ", "Via ", "Calle ", "Avenue ", "Rue de ", "Piazza ", "Plaza ", "Avenida ", "Place ")) + self.word(2).capitalize()
        elif r.random() < 0.08:
            name += r.choice((" Row", " Square", " Gardens", " Close", " Terrace", "allee", "platz", " Court"))
        return name

    def address(self):
        """street with number, postcode, city"""
        r = self.rng
        number = str(r.randint(1, 199)) + (r.choice("abc") if r.random() < 0.12 else "")
        street = self.street()
        street = number + " " + street if " " in street and r.random() < 0.4 else street + " " + number
        postcode = r.choice((lambda: "%05d" % r.randint(1000, 99999), lambda: str(r.randint(1000, 9999)),
                             lambda: "%04d-%03d" % (r.randint(1000, 9999), r.randint(0, 999)),
                             lambda: "%04d %s" % (r.randint(1000, 9999), self.letters(2)),
                             lambda: "%s%d %d%s" % (self.letters(r.choice((1, 2))), r.randint(1, 20), r.randint(1, 9), self.letters(2)),
                             lambda: str(r.randint(10000, 99999))))()
        return street, postcode, self.city()

    def letters(self, n):
        return "".join(self.rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(n))

    def digits(self, n, kind):
        return self.draw(kind, lambda: "".join(self.rng.choice("0123456789") for _ in range(n)))

    def order(self):
        return "ORD-" + self.digits(5, "order")

    def customer(self):
        return "C-" + self.digits(4, "customer")

    def ticket(self):
        return "T-" + self.digits(4, "ticket")

    def sku(self):
        prefix = self.draw("sku", lambda: self.letters(3) if self.rng.random() < 0.5 else self.word(2)[:3].upper().ljust(3, "A"))
        return prefix + "-" + "%03d" % self.rng.randint(100, 999)

    def product(self):
        r = self.rng
        if r.random() < 0.7 and not self.desk:
            return r.choice(lines("products"))
        return self.draw("product", lambda: self.word(2).capitalize()) + " " + r.choice(
            ("pan", "pot", "bowl", "lamp", "jar", "chair", "mug", "tray", "box", "vase", "rack", "mat", "set"))

    def subject(self):
        r = self.rng
        if r.random() < 0.45:
            return complaint(self)
        if r.random() < 0.55 and not self.desk:
            return r.choice(lines("subjects"))
        noun = self.product().lower() if r.random() < 0.6 else self.word(2)
        s = r.choice(("%s broken", "%s leaks", "broken %s", "%s is missing", "missing %s", "wrong %s sent", "faulty %s", "%s too small",
                      "question about the %s", "%s arrived dirty", "no %s in the parcel", "%s does not close", "spare part for %s",
                      "%s smells odd", "%s scratched", "%s stopped working", "late %s", "%s delivered to the wrong house")) % noun
        return s[0].upper() + s[1:] if r.random() < 0.5 else s

    def date(self):
        r = self.rng
        return "%d-%02d-%02d" % (r.choice((2024, 2025, 2026, 2026)), r.randint(1, 12), r.randint(1, 28))

    def money(self):
        r = self.rng
        whole = r.choice((r.randint(1, 9), r.randint(10, 99), r.randint(10, 99), r.randint(100, 999)))
        return "%d.%02d" % (whole, r.choice((0, 50, 90, 95, 99, r.randint(0, 99), r.randint(0, 99))))

    def quantity(self):
        r = self.rng
        return r.choice((r.randint(1, 12), r.randint(1, 99), r.choice((5, 10, 15, 20, 24, 25, 30, 40, 48, 50, 60, 75, 80, 100, 120, 144, 150, 200, 250, 300, 400, 500)), r.randint(100, 999)))
