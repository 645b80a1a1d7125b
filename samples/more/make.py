"""Makes the binary sources of this folder: sops.docx, leaflet.pdf, branches.db. They are committed; nothing needs this
script but a change of what they say. Needs python-docx, and LibreOffice for the PDF."""

import pathlib
import sqlite3
import subprocess
import tempfile

from docx import Document

HERE = pathlib.Path(__file__).parent


def sops(path):
    d = Document()
    d.sections[0].header.paragraphs[0].text = "Pharmacy, form 7781"
    d.add_heading("Courier hand-over", 1)
    d.add_paragraph("For who hands parcels to a courier at a branch.")
    d.add_heading("Before the courier comes", 2)
    for step in [
        "Scan each parcel once; a parcel that does not scan stays behind.",
        "Count the parcels and write the number on the hand-over sheet.",
        "Put parcels with ice packs last, so that they leave the cold first thing on the van.",
    ]:
        d.add_paragraph(step, style="List Number")
    d.add_heading("When a parcel is missing", 2)
    d.add_paragraph("Search the cage and the return shelf for ten minutes. Then call the branch manager.")
    struck = d.add_paragraph().add_run("A missing parcel is replaced without asking.")
    struck.font.strike = True
    d.add_heading("Who signs for what", 2)
    rows = [
        ("Parcel", "Signed by", "Latest hand-over"),
        ("Ordinary", "Any colleague", "6 p.m."),
        ("Refrigerated", "Pharmacist", "4 p.m."),
        ("Controlled substance", "Pharmacist, with a second colleague", "3 p.m."),
    ]
    table = d.add_table(rows=0, cols=3)
    for row in rows:
        for cell, text in zip(table.add_row().cells, row):
            cell.text = text
    d.save(path)


def leaflet(path):
    d = Document()
    d.sections[0].footer.paragraphs[0].text = "Pharmacy · leaflet for members"
    d.add_heading("Travelling with your medication", 1)
    d.add_paragraph("For members who will be away for more than a week.")
    d.add_heading("Before you leave", 2)
    d.add_paragraph("Ask for a vacation supply at least ten business days before you leave.")
    d.add_paragraph("We send up to a 90-day supply to an address in the United States, and none to other countries.")
    d.add_page_break()
    d.add_heading("On the plane", 2)
    d.add_paragraph("Keep your medication in its labelled bottle and in your hand luggage.")
    d.add_paragraph("Our cooling pouch keeps a pen below 77 °F for 36 hours. Do not freeze it.")
    d.add_page_break()
    d.add_heading("If you lose it", 2)
    d.add_paragraph("Call us at any hour. A lost supply is replaced once in 12 months.")
    with tempfile.TemporaryDirectory() as folder:
        docx = pathlib.Path(folder) / "leaflet.docx"
        d.save(docx)
        convert = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", folder, str(docx)]
        subprocess.run(convert, check=True, capture_output=True)
        path.write_bytes((pathlib.Path(folder) / "leaflet.pdf").read_bytes())


def branches(path):
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE branch (code TEXT, name TEXT, hours TEXT, holidays TEXT, state TEXT, manager TEXT)")
        db.executemany(
            "INSERT INTO branch VALUES (?, ?, ?, ?, ?, ?)",
            [
                ("B07", "Bayside", "Monday to Friday 8 a.m. to 7 p.m.", "Closed on Thanksgiving.", "open", "R. Okafor"),
                ("B12", "Harborview", "Every day 9 a.m. to 9 p.m.", None, "open", "L. Nguyen"),
                ("B19", "Millbrook", "Monday to Saturday 7 a.m. to 3 p.m.", "Opens at 9 a.m.", "open", "T. Alvarez"),
                ("B21", "Quarry Road", "Every day 10 a.m. to 4 p.m.", None, "closed in 2024", "T. Alvarez"),
            ],
        )


if __name__ == "__main__":
    sops(HERE / "sops.docx")
    leaflet(HERE / "leaflet.pdf")
    branches(HERE / "branches.db")
