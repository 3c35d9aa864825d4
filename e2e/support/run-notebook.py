"""Runs the code cells of a Jupyter notebook in order, and prints the value of each cell. Needs no Jupyter."""

import ast
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    cells = json.load(file)["cells"]
scope = {}
for cell in cells:
    if cell["cell_type"] != "code":
        continue
    *statements, last = ast.parse("".join(cell["source"])).body
    exec(compile(ast.Module(statements, []), cell["id"], "exec"), scope)
    print(eval(compile(ast.Expression(last.value), cell["id"], "eval"), scope).to_json(orient="records"))
