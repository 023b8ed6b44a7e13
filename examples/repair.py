"""What the compiler says of a program, as text; and a model that reads it and tries again.

python examples/repair.py                      # the embedded model, which was not taught to repair
python examples/repair.py path/to/model
"""

import sys

import rlcf

PROMPT = "class A {\n    static int twice(int a) {\n"
# A tool for an agent: one program in, its first errors out.
print(rlcf.feedback(PROMPT + "        return 2 * b;\n    }\n}\n", "java"))

model = sys.argv[1] if len(sys.argv) > 1 else "embedded"
[found] = rlcf.generate(model, [PROMPT], repair=2)
print(found.verdict, "after", found.attempts, "attempts,", found.tokens, "tokens")
print(found.program)
