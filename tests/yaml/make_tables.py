# Writes scalars.json, documents.json and dumps.json: what PyYAML 6.0.3 reads and writes. Run it with
# Python 3.11 and that version, built with libyaml.

import itertools
import os
import sys

sys.dont_write_bytecode = True

import document_list
import dump_list
import peer
import scalar_list

HERE = os.path.dirname(os.path.abspath(__file__))


def scalars():
    """A row for each scalar: its text, and what it is in each form."""
    for text in scalar_list.SCALARS:
        yield [text, [peer.read((form % text).encode()) for form in scalar_list.FORMS]]


def random_documents(wanted):
    """As many documents that are read, and one of five as many that are not."""
    seen, counts = set(), {True: 0, False: 0}
    for text in document_list.random_texts():
        result = peer.read(text.encode())
        refused = isinstance(result, dict) and "error" in result
        if text not in seen and counts[refused] < (wanted // 5 if refused else wanted):
            seen.add(text)
            counts[refused] += 1
            yield [text, result]
        if counts == {False: wanted, True: wanted // 5}:
            return


def main():
    rows = {"forms": scalar_list.FORMS, "scalars": list(scalars())}
    peer.write_rows(os.path.join(HERE, "scalars.json"), rows)
    named = [
        [name, text, peer.read(text.encode())] for name, text in document_list.NAMED.items()
    ]
    bytes_ = [
        [name, data.hex(), peer.read(data)] for name, data in document_list.BYTES.items()
    ]
    rows = {"named": named, "bytes": bytes_, "random": list(random_documents(500))}
    peer.write_rows(os.path.join(HERE, "documents.json"), rows)
    rows = {"values": [[value, peer.dump(value)] for value in dump_list.values()]}
    peer.write_rows(os.path.join(HERE, "dumps.json"), rows)


if __name__ == "__main__":
    main()
