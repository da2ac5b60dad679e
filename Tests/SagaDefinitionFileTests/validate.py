"""Validates JSON documents against a JSON Schema.

validate.py SCHEMA DOCUMENTS: DOCUMENTS holds a JSON array; prints a JSON array with null for each
document that is valid, and what is wrong with each other one.
"""

import json
import sys

from jsonschema import Draft202012Validator


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        documents = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    found = []
    for document in documents:
        error = next(validator.iter_errors(document), None)
        found.append(None if error is None else f"{error.json_path}: {error.message}"[:300])
    json.dump(found, sys.stdout)


main()
