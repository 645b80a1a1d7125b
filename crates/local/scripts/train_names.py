"""Trains ../data/names.safetensors: what tells names, places and houses on the hidden states of all-MiniLM-L6-v2.

    pip install numpy tokenizers safetensors Faker==40.63.0
    python train_names.py MODEL_FOLDER PHI_ASQ.jsonl SAMPLES_FOLDER [QUESTIONS.jsonl ...]

PHI_ASQ.jsonl is the given half of ASQ-PHI (MIT); only its even lines are learnt from, so that the odd ones can be
measured on. Names are Faker's (MIT), the sentences around them stand below and were written for this. Questions of the
samples and of further files are learnt from as texts without any name, but for those lines with an odd number.
What is computed here is computed in crates/local/src/names.rs again, and must be the same.
"""

import json
import math
import pathlib
import random
import re
import sys
import tomllib

import numpy as np
from faker import Faker
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

CLASSES = ["none", "name", "place", "facility"]
LAYERS = [2, 4, 6]
HIDDEN = 64
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
LOCALES = ["en_US"] * 6 + ["en_GB", "en_IN", "es_ES", "es_MX", "fr_FR", "de_DE", "it_IT", "pl_PL", "cs_CZ", "fi_FI", "sv_SE",
    "nl_NL", "pt_BR", "hr_HR", "hu_HU", "ro_RO", "tr_TR", "no_NO", "da_DK", "vi_VN", "en_NG", "sl_SI", "lv_LV", "et_EE", "id_ID"]

# {n} a whole name, {f} a first one, {l} a last one, {t} a title, {c} a town, {s} a street, {h} a house, {z} a ZIP code.
SENTENCES = """
can {n} get an early refill of metformin
{n} called about her order
{f} says the insulin arrived warm
{f}'s prescription was rejected with code 75
the patient {n} wants to switch to the generic
pt {n} needs a prior auth for Ozempic
{t} {l} sent a new script for lisinopril
{t} {n} prescribed 20 mg of atorvastatin
please tell {f} that the copay is $25
is {n} eligible for the savings card
spoke with {n}, mother of {n}, about the delay
{l}, {f} asked for a refund
caller is {n}, she lives in {c}
ship it to {n}, {s}, {c}
{s}, {c}, {z}
the package for {f} went to {s} instead
customer in {c} did not get the tablets
she moved from {c} to {c} last week
our driver could not find {s} in {c}
{n} was seen at {h} by {t} {l}
transfer the prescription from {h} to us
{h} in {c} faxed the order
he was admitted to {h} yesterday
{t} {l} of {h} wants a call back
the nurse at {h} is {f}
my doctor {l} said that I can take both
what did {f} {l} order
I am {n} and my card was charged twice
this is {f} from {c}
thanks, {f}
Best regards, {n}
Dear {t} {l}, your order is on its way
hello {f}, how can I help
{f} and {f} share one account
does {f} take Eliquis with aspirin
{n} is allergic to penicillin
{n}, 45, has asthma
which of the two did {l} choose
{l} wrote the note, {l} signed it
send a reminder to {n} and {n}
who spoke to {n} on Monday
did {f} pick up the Mounjaro
{f} told me that {f} was there too
{n} and her husband {f} moved to {c}
the flight to {c} leaves at nine
he works in {c} at {h}
is there a pharmacy near {c}
{c} has two stores
the delivery to {c} is late again
my sister {f} lives near {h}
Contact: {n}, {h}, {c}
Prescriber: {n}
Patient name: {n}
Name: {n} Address: {s} {c}
ask for {f} at the front desk of {h}
{n}'s insurance is through Aetna
according to {l}, the dose was too high
{l} and {l} both refused
I met {f} {l} in {c}
you can reach {f} at home
{f} {l} from {c} plays in a band
a book by {n} was on the table
the song by {n} is her favourite
{n} founded the company in {c}
"It is fine", said {l}.
{l} wins again
have you seen {f}?
What is your first name? {f}
Your surname, please: {l}
User: {n}
{f} {l} {l} is my full name
mail for {n} goes to {s}
we will meet in {c} at {s}
{c} is lovely in the spring
they flew from {c} to {c}
the weather in {c}
born in {c}, raised in {c}
The office in {c} is closed
{t} {n} {s} {c} {z}
{s} {z} {c}
""".strip().split("\n")
# Nobody is in these; capitals, eponyms, drugs and codes are.
NOBODY = """
What is the copay for Medicare Part D?
Does Aetna cover Wegovy for weight loss?
A Wells score of 5 and Crohn's disease
Is Hodgkin lymphoma treated with Adriamycin?
Guidelines by the American Diabetes Association for Type 2 Diabetes
The patient's mother asks about Tylenol for her child
My husband takes Lipitor and Zoloft
She was diagnosed with Graves' disease last summer
a 60-year-old African American male with CHF and COPD
pt w/ hx of HTN, DM2 and CKD, on lisinopril
Express Scripts rejected the claim with NCPDP 79
Do you ship to California, Texas and Puerto Rico?
Is Humira kept cold?
The FDA recalled one lot of metformin
Prime members get free delivery
Who approves an override for a vacation supply?
In the United States and in Canada
May I take Advil in March?
Will the Christmas holiday delay orders?
Hispanic and Asian patients with diabetes
Should the technician or the pharmacist call the prescriber?
Alzheimer's, Parkinson's and Huntington's disease
A Framingham risk score and a Foley catheter
the dog is sick and the cat as well
grandma's pills and grandpa's refill
send it by UPS or FedEx
Zepbound, Mounjaro or Ozempic
customer's order was damaged
the caregiver may pick it up
Hello, how are you today?
Thank you for your help
Good morning, I need a refill
""".strip().split("\n")
HEADS = ["Hospital", "Clinic", "Medical Center", "Health Center", "Family Practice", "Memorial Hospital", "General Hospital",
    "Children's Hospital", "Urgent Care", "Cancer Center", "University Hospital", "Health", "Nursing Home", "Pediatrics",
    "Oncology", "Medical Group"]
FRONT = ["Mercy", "Riverside", "Lakeview", "Elmwood", "Good Samaritan", "St. Mary's", "St. Luke's", "Sacred Heart", "Valley",
    "Cedar", "Mount Carmel", "Providence", "Northside", "Hillcrest", "Trinity", "Summit", "Parkland", "Pine Ridge", "County"]


class Encoder:
    """all-MiniLM-L6-v2, as crates/local/src/graph.rs builds it."""

    def __init__(self, folder):
        self.w = {k: v.astype(np.float32) for k, v in load_file(folder / "model.safetensors").items() if v.dtype.kind == "f"}
        self.tokens = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokens.no_padding()
        self.tokens.enable_truncation(256)

    def linear(self, x, name):
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"]

    def norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12) * self.w[name + ".weight"] + self.w[name + ".bias"]

    def states(self, ids):
        n, w = len(ids), self.w
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:n]
        x = self.norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        kept = []
        for layer in range(6):
            at = f"encoder.layer.{layer}"
            q, k, v = (self.linear(x, f"{at}.attention.self.{p}").reshape(n, 12, 32).transpose(1, 0, 2) for p in ("query", "key", "value"))
            s = q @ k.transpose(0, 2, 1) / math.sqrt(32)
            s = np.exp(s - s.max(-1, keepdims=True))
            mixed = (s / s.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(n, 384)
            x = self.norm(self.linear(mixed, f"{at}.attention.output.dense") + x, f"{at}.attention.output.LayerNorm")
            wide = self.linear(x, f"{at}.intermediate.dense")
            wide = wide * 0.5 * (1 + erf(wide / math.sqrt(2)))
            x = self.norm(self.linear(wide, f"{at}.output.dense") + x, f"{at}.output.LayerNorm")
            if layer + 1 in LAYERS:
                kept.append(x)
        return np.concatenate(kept, 1)

    def words(self, text):
        """Each word's place, and its features: the mean of its tokens' states, and shapes of it and its neighbours."""
        encoded = self.tokens.encode(text)
        states = self.states(encoded.ids)
        found, rows = [], []
        spans = [m.span() for m in WORD.finditer(text)]
        for start, end in spans:
            of = [i for i, (a, b) in enumerate(encoded.offsets) if b > a and start <= a < end]
            if of:
                found.append((start, end))
                rows.append(states[of].mean(0))
        shapes = np.array([shape(text[a:b]) for a, b in found], np.float32).reshape(-1, 5)
        none = np.zeros((1, 5), np.float32)
        before, after = np.concatenate([none, shapes[:-1]]), np.concatenate([shapes[1:], none])
        return found, np.concatenate([np.array(rows, np.float32).reshape(-1, 1152), before[: len(shapes)], shapes, after[: len(shapes)]], 1)


def erf(x):
    """Abramowitz and Stegun, 7.1.26."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    y = 1 - (((((1.061405429 * t - 1.453152027) * t) + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * np.exp(-x * x)
    return np.sign(x) * y


def shape(word):
    letters = len(word)
    return [
        float(word[0].isupper()),
        float(letters > 1 and word.upper() == word and word.lower() != word),
        float(any(c.isdigit() for c in word)),
        float(letters == 1),
        min(letters, 15) / 10,
    ]


def made(rng, n):
    fakers = {l: Faker(l) for l in set(LOCALES)}
    for seed, f in enumerate(fakers.values()):
        f.seed_instance(rng.randrange(1 << 30) + seed)
    latin = lambda s: all(ord(c) < 0x250 or c == "’" for c in s)

    def value(kind):
        while True:
            f = fakers[rng.choice(LOCALES)]
            if kind == "n":
                first, last = f.first_name(), f.last_name()
                middle = rng.choice(["", "", "", f" {rng.choice('ABCDEFGHJKLMNPRST')}."])
                v = rng.choice([f"{first}{middle} {last}"] * 5 + [f"{first} {last[0]}."])
            elif kind == "f":
                v = f.first_name()
            elif kind == "l":
                v = f.last_name()
            elif kind == "c":
                v = f.city() if rng.random() < 0.8 else f.city() + ", " + fakers["en_US"].state_abbr()
            elif kind == "s":
                v = f.street_address().replace("\n", ", ")
            else:
                front = rng.choice([rng.choice(FRONT), fakers["en_US"].city(), fakers["en_US"].last_name(), rng.choice(FRONT)])
                v = f"{front} {rng.choice(HEADS)}"
            if latin(v):
                return v.upper() if kind == "c" and rng.random() < 0.1 else v

    of = {"n": 1, "f": 1, "l": 1, "c": 2, "s": 2, "h": 3}
    for _ in range(n):
        template = rng.choice(SENTENCES)
        text, spans = "", []
        for piece in re.split(r"(\{\w\})", template):
            kind = piece[1] if re.fullmatch(r"\{\w\}", piece) else ""
            if kind in of:
                v = value(kind)
                spans.append((len(text), len(text) + len(v), of[kind]))
                text += v
            elif kind:
                text += {"t": rng.choice(["Dr.", "Mr.", "Mrs.", "Ms.", "Dr", "Miss"]), "z": f"{rng.randrange(10**5):05}"}[kind]
            else:
                text += piece
        how = rng.random()
        if how < 0.3:
            text = text.lower() if len(text.lower()) == len(text) else text
        elif how < 0.6:
            text = text[0].upper() + text[1:]
        yield text, spans


def judged(lines):
    of = {"NAME": 1, "GEOGRAPHIC_LOCATION": 2}
    for line in lines:
        text, spans = line["text"], []
        for p in line["phi"]:
            for m in re.finditer(re.escape(p["value"]), text):
                if p["type"] in of:
                    start = m.start() + (len(t.group()) if (t := re.match(r"(?:Dr|Mr|Mrs|Ms)\.?\s+", p["value"])) else 0)
                    house = p["type"] != "NAME" and re.search(r"(?i)hosp|clinic|cent|ctr|health|med|sinai|hopkins|'s", p["value"])
                    spans.append((start, m.end(), 3 if house else of[p["type"]]))
        yield text, spans
        if len(text.lower()) == len(text):
            yield text.lower(), spans


def plain(samples, files):
    def questions(x):
        if isinstance(x, dict):
            for k, v in x.items():
                yield from [v] if k == "question" and isinstance(v, str) else questions(v)
        elif isinstance(x, list):
            for v in x:
                yield from questions(v)

    texts = []
    for name in ("golden.toml", "golden-cases.toml"):
        texts += list(questions(tomllib.loads((samples / name).read_text())))[::2]
    for file in files:
        texts += [json.loads(l)["text"] for l in pathlib.Path(file).read_text().splitlines()][::2]
    for file in sorted(samples.rglob("*.md")):
        texts += [l.strip("#*- ") for l in file.read_text().splitlines() if 20 < len(l) < 300][::2]
    return texts + NOBODY * 6


def train(x, y, rng, epochs=12):
    scale = lambda a, b: (rng.standard_normal((a, b)) / math.sqrt(a)).astype(np.float32)
    w = [scale(x.shape[1], HIDDEN), np.zeros(HIDDEN, np.float32), scale(HIDDEN, len(CLASSES)), np.zeros(len(CLASSES), np.float32)]
    m, v, step = [np.zeros_like(p) for p in w], [np.zeros_like(p) for p in w], 0
    for epoch in range(epochs):
        rate = 1e-3 * (1 - epoch / epochs)
        for batch in np.array_split(rng.permutation(len(x)), len(x) // 256):
            a, t = x[batch], y[batch]
            h = np.maximum(a @ w[0] + w[1], 0)
            kept = (rng.random(h.shape) > 0.2).astype(np.float32) / 0.8
            h *= kept
            p = softmax(h @ w[2] + w[3])
            p[np.arange(len(t)), t] -= 1
            p /= len(t)
            dh = (p @ w[2].T) * (h > 0) * kept
            step += 1
            for i, g in enumerate([a.T @ dh + 1e-5 * w[0], dh.sum(0), h.T @ p, p.sum(0)]):
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g * g
                w[i] -= rate * (m[i] / (1 - 0.9**step)) / (np.sqrt(v[i] / (1 - 0.999**step)) + 1e-8)
    return w


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def main():
    model, asq, samples, *files = map(pathlib.Path, sys.argv[1:])
    rng = random.Random(7)
    encoder = Encoder(model)
    lines = [json.loads(l) for l in asq.read_text().splitlines()]
    texts = list(made(rng, 2600)) + list(judged(lines[::2])) + [(t, []) for t in plain(samples, files)]
    xs, ys = [], []
    for text, spans in texts:
        words, x = encoder.words(text)
        xs.append(x)
        ys += [next((k for a, b, k in spans if a <= s < b), 0) for s, _ in words]
    x, y = np.concatenate(xs), np.array(ys)
    print(len(texts), "texts", len(x), "words", np.bincount(y), flush=True)
    w = train(x, y, np.random.default_rng(7))
    to = pathlib.Path(__file__).parent.parent / "data" / "names.safetensors"
    to.parent.mkdir(exist_ok=True)
    save_file({n: p.astype(np.float16) for n, p in zip(["w1", "b1", "w2", "b2"], w)}, to)
    print(to.stat().st_size, "bytes")
    for text in ["is zbigniew kowalski's ozempic late?", "Mr. Kozłowski flew to Suurküla", "what is reject code 75"]:
        words, f = encoder.words(text)
        p = softmax(np.maximum(f @ w[0] + w[1], 0) @ w[2] + w[3])
        print([(text[a:b], CLASSES[k.argmax()], round(float(k.max()), 2)) for (a, b), k in zip(words, p)])


if __name__ == "__main__":
    main()
